import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseImages, parseLabels, readIdxFolder } from '../../examples/digits/idx.ts';
import { idxBytes, writeIdxFolder } from './idx-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simdgrad-idx-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const trainImages = 'train-images-idx3-ubyte';
const trainLabels = 'train-labels-idx1-ubyte';

function write(name: string, bytes: Uint8Array): void {
  writeFileSync(join(folder, name), bytes);
}

test('images are scaled to 0 … 1, in the order of the file', () => {
  const pixels = Uint8Array.from({ length: 2 * 784 }, (_, i) => (i * 7) % 256);
  const images = parseImages(idxBytes([2, 28, 28], pixels), 'file');
  expect(images).toEqual(Float32Array.from(pixels, (grey) => grey / 255));
});

test('the bytes may lie anywhere in their buffer', () => {
  const bytes = idxBytes([3], [7, 0, 9]);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(parseLabels(shifted.subarray(3), 'file')).toEqual(Int32Array.of(7, 0, 9));
});

test('reads plain and gzipped files alike', () => {
  writeIdxFolder(folder, { train: [3, 1, 4, 1, 5], t10k: [9, 2] });
  const plain = readIdxFolder(folder);
  expect(plain.train.labels).toEqual(Int32Array.of(3, 1, 4, 1, 5));
  expect(plain.test.labels).toEqual(Int32Array.of(9, 2));
  expect(plain.train.images.length).toBe(5 * 784);

  const gzipped = mkdtempSync(join(tmpdir(), 'simdgrad-idx-'));
  writeIdxFolder(gzipped, { train: [3, 1, 4, 1, 5], t10k: [9, 2] }, { gzip: true });
  expect({ ...readIdxFolder(gzipped), source: '' }).toEqual({ ...plain, source: '' });
  rmSync(gzipped, { recursive: true });
});

test.each<[string, () => void, RegExp]>([
  [
    'a missing file',
    () => rmSync(join(folder, trainLabels)),
    /holds neither train-labels-idx1-ubyte nor train-labels-idx1-ubyte\.gz/,
  ],
  ['a folder in place of a file', () => replaceByFolder(trainImages), /train-images-idx3-ubyte.* cannot be read/],
  ['an empty file', () => write(trainImages, new Uint8Array()), /truncated: 0 bytes, the header alone takes 16/],
  [
    'labels where images should be',
    () => write(trainImages, idxBytes([5], [1, 2, 3, 4, 5, 0, 0, 0])),
    /magic number 0x00000801, expected 0x00000803/,
  ],
  [
    'another element type',
    () => write(trainLabels, Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0)),
    /magic number 0x00000d01, expected 0x00000801/,
  ],
  [
    'truncated images',
    () => write(trainImages, idxBytes([5, 28, 28], new Uint8Array(3919))),
    /truncated: the header promises 3920 bytes, 3919 follow/,
  ],
  [
    'bytes too many',
    () => write(trainLabels, idxBytes([5], new Uint8Array(6))),
    /too long: the header promises 5 bytes, 6 follow/,
  ],
  [
    'a lying header',
    () => write(trainImages, idxBytes([2 ** 32 - 1, 28, 28], new Uint8Array(784))),
    /truncated: the header promises/,
  ],
  ['no image at all', () => write(trainImages, idxBytes([0, 28, 28], [])), /is empty/],
  [
    'images of another size',
    () => write(trainImages, idxBytes([5, 32, 32], new Uint8Array(5 * 1024))),
    /images are 32×32, expected 28×28/,
  ],
  ['mismatched counts', () => write(trainLabels, idxBytes([4], new Uint8Array(4))), /5 train images, but 4 labels/],
  ['a label out of range', () => write(trainLabels, idxBytes([5], [1, 2, 10, 4, 5])), /label 2 is 10, expected 0 to 9/],
])('refuses %s', (_, spoil, message) => {
  writeIdxFolder(folder, { train: [3, 1, 4, 1, 5], t10k: [9, 2] });
  spoil();
  expect(() => readIdxFolder(folder)).toThrow(
    expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }),
  );
});

test('refuses a gzip file that is cut short, or none', () => {
  writeIdxFolder(folder, { train: [3], t10k: [9] }, { gzip: true });
  write(`${trainImages}.gz`, gzipSync(idxBytes([1, 28, 28], new Uint8Array(784))).subarray(0, 20));
  expect(() => readIdxFolder(folder)).toThrow(/train-images-idx3-ubyte\.gz cannot be read/);
  write(`${trainImages}.gz`, idxBytes([1, 28, 28], new Uint8Array(784)));
  expect(() => readIdxFolder(folder)).toThrow(/train-images-idx3-ubyte\.gz cannot be read/);
});

function replaceByFolder(name: string): void {
  rmSync(join(folder, name));
  writeIdxFolder(join(folder, name), { train: [1], t10k: [1] });
}
