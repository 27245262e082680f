/** A stretch of memory that is in use from time `first` to time `last`, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Blocks start on cache lines, as those of the heap do. */
const line = 64;
export const aligned = (bytes: number): number => Math.ceil(bytes / line) * line;

/**
 * Offsets in one block, so that no two stretches that are in use at the same time overlap: the largest first, each at
 * the lowest place that is free for all of its life ("greedy by size", Pisarchyk and Lee 2020, "Efficient memory
 * management for deep neural net inference").
 */
export function layOut(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const order = lifetimes.map((_, i) => i).sort((i, j) => lifetimes[j].bytes - lifetimes[i].bytes || i - j);
  /** Those that have their place, by offset. */
  const placed: number[] = [];
  let bytes = 0;
  for (const i of order) {
    const { bytes: size, first, last } = lifetimes[i];
    let offset = 0;
    for (const j of placed) {
      const other = lifetimes[j];
      if (other.first > last || other.last < first) continue;
      if (offset + aligned(size) <= offsets[j]) break;
      offset = Math.max(offset, offsets[j] + aligned(other.bytes));
    }
    offsets[i] = offset;
    bytes = Math.max(bytes, offset + aligned(size));
    const at = placed.findIndex((j) => offsets[j] > offset);
    placed.splice(at < 0 ? placed.length : at, 0, i);
  }
  return { offsets, bytes };
}
