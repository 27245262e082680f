import { expect, test } from 'vitest';
import { readMnistPackage } from '../../examples/digits/mnist-package.ts';

const digits = readMnistPackage();

test('the first 80 % of each class are for training, the last 20 % for testing', () => {
  // The package's own counts per class: 1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978.
  expect(countPerClass(digits.train.labels)).toEqual([800, 901, 792, 825, 784, 690, 811, 856, 755, 782]);
  expect(countPerClass(digits.test.labels)).toEqual([201, 226, 199, 207, 196, 173, 203, 214, 189, 196]);
  expect(digits.train.images.length).toBe(7996 * 784);
  expect(digits.test.images.length).toBe(2004 * 784);
});

test('grey values are 0 … 1 and no image is blank', () => {
  for (const { images } of [digits.train, digits.test]) {
    expect(images.every((grey) => grey >= 0 && grey <= 1)).toBe(true);
    for (let begin = 0; begin < images.length; begin += 784) {
      if (!images.subarray(begin, begin + 784).some((grey) => grey > 0.5))
        throw new Error(`image ${begin / 784} is blank`);
    }
  }
});

test('is the same at each reading', () => {
  const again = readMnistPackage();
  for (const set of ['train', 'test'] as const) {
    expect(Buffer.compare(bytes(again[set].images), bytes(digits[set].images))).toBe(0);
    expect(Buffer.compare(bytes(again[set].labels), bytes(digits[set].labels))).toBe(0);
  }
});

function countPerClass(labels: Int32Array): number[] {
  return Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
}

function bytes({ buffer }: Float32Array | Int32Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer);
}
