// Packing: a block of a matrix is copied into panels in the order in which the tile reads it.
//
// A panel is R lines of the block (rows of A, columns of B), interleaved along k: panel[k][r], r < R. Element
// (line i, k) of the source lies at src + i·lineStride + k·kStride, so one function serves A, B and their
// transposes. Lines beyond the block are packed as zeros, so that every tile is a full one.
//
// One of the strides is 1 in every use, and each has its own fast path.

import { at, lanes, loadLanes, storeLanes, zero } from '../lib/simd';
import { transposeBlock } from '../lib/transpose';
import { MR, MS, NR, tallRows } from './tile';

/** Panels of A: those of the tall tiles, then those of the short ones. */
export function packRows<T>(to: usize, a: usize, rowStride: i32, kStride: i32, M: i32, K: i32): void {
  const tall = tallRows(M);
  if (tall > 0) pack<T>(to, MR, a, rowStride, kStride, min(M, tall), K);
  if (M > tall) pack<T>(at<T>(to, tall * K), MS, at<T>(a, tall * rowStride), rowStride, kStride, M - tall, K);
}

/** Panels of B. */
export function packColumns<T>(to: usize, b: usize, columnStride: i32, kStride: i32, N: i32, K: i32): void {
  pack<T>(to, NR<T>(), b, columnStride, kStride, N, K);
}

/** Packs `lines` lines of length K, R to a panel; R is a multiple of two and at least lanes<T>(). */
function pack<T>(to: usize, R: i32, src: usize, lineStride: i32, kStride: i32, lines: i32, K: i32): void {
  const full = lines - (lines % R);
  let i = 0;
  if (lineStride == 1) {
    for (; i <= full - 2 * R; i += 2 * R) packAdjacent<T>(at<T>(to, i * K), R, at<T>(src, i), kStride, K, true);
    if (i < full) packAdjacent<T>(at<T>(to, i * K), R, at<T>(src, i), kStride, K, false);
  } else {
    for (; i < full; i += R) {
      packTransposed<T>(at<T>(to, i * K), R, at<T>(src, i * lineStride), lineStride, kStride, R, K);
    }
  }
  if (full == lines) return;
  const panel = at<T>(to, full * K), from = at<T>(src, full * lineStride), here = lines - full;
  if (lineStride == 1) {
    for (let k = 0; k < K; k++) {
      for (let r = 0; r < R; r += lanes<T>()) {
        const v = r < here ? loadLanes<T>(at<T>(from, k * kStride + r), here - r) : zero();
        storeLanes<T>(at<T>(panel, k * R + r), v, R - r);
      }
    }
  } else {
    memory.fill(panel, 0, <usize>(R * K) << alignof<T>());
    packTransposed<T>(panel, R, from, lineStride, kStride, here, K);
  }
}

/** Lines side by side: each k is R elements copied. Two panels together: they share lines of the cache, which a large
 *  power of two as stride would drive out before a second pass (measured: half the speed). */
// @ts-ignore: decorator
@inline
function packAdjacent<T>(panel: usize, R: i32, from: usize, kStride: i32, K: i32, two: bool): void {
  const step = <usize>kStride << alignof<T>(), width = <usize>R << alignof<T>();
  let second = at<T>(panel, R * K);
  for (let k = 0; k < K; k++) {
    copyLine<T>(panel, from, R);
    if (two) copyLine<T>(second, from + width, R);
    from += step;
    panel += width;
    second += width;
  }
}

/** R elements, as vectors of which the last may overlap the one before: lanes ≤ R ≤ 2·lanes in f32, 3·lanes in f64. */
// @ts-ignore: decorator
@inline
function copyLine<T>(to: usize, from: usize, R: i32): void {
  const last = <usize>(R - lanes<T>()) << alignof<T>();
  v128.store(to, v128.load(from));
  if (sizeof<T>() == 8) v128.store(to, v128.load(from, 16), 16);
  v128.store(to + last, v128.load(from + last));
}

/** Lines along k: blocks of lanes × lanes are transposed. The last block of lines overlaps the one before when
 *  their count is no multiple of the lanes, and writes the same values twice. */
function packTransposed<T>(
  panel: usize, R: i32, from: usize, lineStride: i32, kStride: i32, lines: i32, K: i32,
): void {
  const L = lanes<T>();
  const body = kStride == 1 && lines >= L ? K & -L : 0;
  for (let r = 0; r < lines; r += L) {
    const line = max(min(r, lines - L), 0), count = min(L, lines);
    const src = at<T>(from, line * lineStride), dst = at<T>(panel, line);
    for (let k = 0; k < body; k += L) transposeBlock<T>(at<T>(dst, k * R), R, at<T>(src, k), lineStride);
    for (let k = body; k < K; k++) {
      for (let l = 0; l < count; l++) {
        store<T>(at<T>(dst, k * R + l), load<T>(at<T>(src, l * lineStride + k * kStride)));
      }
    }
  }
}
