import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** An IDX file of unsigned bytes. */
export function idxBytes(sizes: number[], elements: ArrayLike<number>): Uint8Array {
  const headerSize = 4 + 4 * sizes.length;
  const bytes = new Uint8Array(headerSize + elements.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 | sizes.length);
  sizes.forEach((size, axis) => view.setUint32(4 + 4 * axis, size));
  bytes.set(elements, headerSize);
  return bytes;
}

/** A data set of the given labels. Each image is a bar at a height of its class's own, so that a network can learn it. */
export function writeIdxFolder(
  folder: string,
  labels: { train: number[]; t10k: number[] },
  { gzip = false } = {},
): void {
  mkdirSync(folder, { recursive: true });
  for (const [prefix, set] of Object.entries(labels)) {
    const pixels = set.flatMap((label, n) =>
      Array.from({ length: 784 }, (_, i) => (Math.floor(i / 28) >> 1 === label + 2 ? 200 + (n % 50) : 0)),
    );
    const files = {
      [`${prefix}-images-idx3-ubyte`]: idxBytes([set.length, 28, 28], pixels),
      [`${prefix}-labels-idx1-ubyte`]: idxBytes([set.length], set),
    };
    for (const [name, bytes] of Object.entries(files)) {
      writeFileSync(join(folder, gzip ? `${name}.gz` : name), gzip ? gzipSync(bytes) : bytes);
    }
  }
}
