import { Tensor } from 'simdgrad';
import { type DigitSet, imageSide, imageSize } from './digits/digit-set.ts';

export interface Batch {
  /** [N, 1, 28, 28] */
  x: Tensor;
  /** [N] */
  labels: Tensor;
}

/**
 * Copies images into linear memory, a batch at a time. A batch is overwritten by the next one of its size; there are
 * two sizes, the full one and that of the last batch of an epoch.
 */
export class Batches {
  readonly set: DigitSet;
  readonly #bySize = new Map<number, Batch>();

  constructor(set: DigitSet) {
    this.set = set;
  }

  /** The images of these positions in the set, in this order. */
  load(positions: Int32Array): Batch {
    const batch = this.#batchOf(positions.length);
    const pixels = batch.x.data;
    const labels = batch.labels.data;
    positions.forEach((position, n) => {
      pixels.set(this.set.images.subarray(position * imageSize, (position + 1) * imageSize), n * imageSize);
      labels[n] = this.set.labels[position];
    });
    return batch;
  }

  dispose(): void {
    for (const { x, labels } of this.#bySize.values()) {
      x.dispose();
      labels.dispose();
    }
    this.#bySize.clear();
  }

  #batchOf(size: number): Batch {
    let batch = this.#bySize.get(size);
    if (!batch) {
      batch = { x: Tensor.zeros([size, 1, imageSide, imageSide]), labels: Tensor.zeros([size], { dtype: 'i32' }) };
      this.#bySize.set(size, batch);
    }
    return batch;
  }
}
