// Reading ahead. A kernel that takes several rows of an image at a time, and next as many that are new, has them fetched by the
// processor in time as long as rows are short. Where they are long, out of cache, it waits for each line (measured: up to
// three times the time). Reading one number of each line of the rows that come next, in order, fetches them together.
//
// So it is with a long row that a kernel passes over several times together with other arrays as long, γ and β for instance. Where all
// of these are more than the first cache holds, what is read from the second one keeps the processor from fetching ahead what lies in
// memory. Then a row's lines are read before the row is computed, those of its result as well, which are fetched before they are written.

import { at } from './simd';

/**
 * Whether to read ahead, or to go row by row, in `size` elements of images with rows of W, of which `step` at a time are new.
 * What caches hold would lose by it (measured: up to a fifth).
 */
// @ts-ignore: decorator
@inline
export function areFar<T>(W: i32, step: i32, size: i32): bool {
  return sizeof<T>() == 4 && W >= 128 && step > 1 && size >= 1 << 20;
}

/**
 * Whether to read rows of C numbers before they are computed: where that many arrays of such rows are more than L1 holds, in `size` elements
 * that no cache holds.
 */
// @ts-ignore: decorator
@inline
export function areLong<T>(C: i32, arrays: i32, size: i32): bool {
  return sizeof<T>() == 4 && arrays * C > 8192 && size >= 1 << 21;
}

/** Reads a number of every cache line of rows [first, first + count) of an image of H rows, as far as it has them. */
export function readAhead<T>(x: usize, first: i32, count: i32, H: i32, W: i32): void {
  const end = at<T>(x, min(first + count, H) * W);
  for (let line = at<T>(x, first * W); line < end; line += 64) load<u8>(line);
}
