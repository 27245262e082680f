// IDX, the format MNIST and Fashion-MNIST are published in (yann.lecun.com/exdb/mnist), all numbers big-endian:
//   u16 zero · u8 element type (8 = unsigned byte) · u8 number of dimensions · u32 per dimension · the elements
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { InputError } from '../input-error.ts';
import { classCount, type DigitSet, type Digits, imageSide } from './digit-set.ts';

/** Reads the four files of a data set, each plain or gzipped. Throws InputError for anything that is not as it should be. */
export function readIdxFolder(folder: string): Digits {
  return { source: folder, train: readSet(folder, 'train'), test: readSet(folder, 't10k') };
}

function readSet(folder: string, prefix: 'train' | 't10k'): DigitSet {
  const imageFile = findFile(folder, `${prefix}-images-idx3-ubyte`);
  const labelFile = findFile(folder, `${prefix}-labels-idx1-ubyte`);
  const images = parseImages(readBytes(imageFile), basename(imageFile));
  const labels = parseLabels(readBytes(labelFile), basename(labelFile));
  const count = images.length / imageSide ** 2;
  if (count !== labels.length) {
    throw new InputError(`${folder}: ${count} ${prefix} images, but ${labels.length} labels`);
  }
  return { images, labels };
}

function findFile(folder: string, name: string): string {
  const found = [name, `${name}.gz`].map((file) => join(folder, file)).find((file) => existsSync(file));
  if (!found) throw new InputError(`${folder} holds neither ${name} nor ${name}.gz`);
  return found;
}

function readBytes(file: string): Uint8Array {
  try {
    const bytes = readFileSync(file);
    return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  } catch (error) {
    throw new InputError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Grey values of N × 28 × 28 images, 0 … 255 scaled to 0 … 1. `file` names the data in an error. */
export function parseImages(bytes: Uint8Array, file: string): Float32Array {
  const { sizes, elements } = parseIdx(bytes, file, 3);
  if (sizes[1] !== imageSide || sizes[2] !== imageSide) {
    throw new InputError(`${file}: images are ${sizes[1]}×${sizes[2]}, expected ${imageSide}×${imageSide}`);
  }
  const images = new Float32Array(elements.length);
  for (let i = 0; i < elements.length; i++) images[i] = elements[i] / 255; // Float32Array.from takes 20 times as long
  return images;
}

/** N labels of 0 … 9. `file` names the data in an error. */
export function parseLabels(bytes: Uint8Array, file: string): Int32Array {
  const { elements } = parseIdx(bytes, file, 1);
  const stray = elements.findIndex((label) => label >= classCount);
  if (stray >= 0) {
    throw new InputError(`${file}: label ${stray} is ${elements[stray]}, expected 0 to ${classCount - 1}`);
  }
  return new Int32Array(elements);
}

function parseIdx(bytes: Uint8Array, file: string, dimensions: number): { sizes: number[]; elements: Uint8Array } {
  const headerSize = 4 + 4 * dimensions;
  if (bytes.length < headerSize) {
    throw new InputError(`${file} is truncated: ${bytes.length} bytes, the header alone takes ${headerSize}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = 0x0800 | dimensions;
  if (magic !== expected) {
    throw new InputError(
      `${file} is not an IDX file of bytes in ${dimensions}D: magic number ${hex(magic)}, expected ${hex(expected)}`,
    );
  }
  const sizes = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (sizes[0] === 0) throw new InputError(`${file} is empty`);
  const promised = sizes.reduce((product, size) => product * size, 1);
  const elements = bytes.subarray(headerSize);
  if (elements.length < promised) {
    throw new InputError(`${file} is truncated: the header promises ${promised} bytes, ${elements.length} follow`);
  }
  if (elements.length > promised) {
    throw new InputError(`${file} is too long: the header promises ${promised} bytes, ${elements.length} follow`);
  }
  return { sizes, elements };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
