// Packing: a block of a matrix is copied into panels in the order in which the tile reads it.
//
// A panel is R lines of the block (rows of A, columns of B), interleaved along k: panel[k][r], r < R. Element
// (line i, k) of the source lies at src + i·lineStride + k·kStride, so one function serves A, B and their
// transposes. What a panel has for lines beyond the block is any number: each line of a tile is summed on its own, and those beyond C
// are not looked at.
//
// One of the strides is 1 in every use, and each has its own path.

import { at, lanes } from '../lib/simd';
import { transposeLanes } from '../lib/transpose';
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
  let i = 0;
  if (lineStride == 1) {
    for (; i <= lines - 2 * R; i += 2 * R) packAdjacent<T>(at<T>(to, i * K), R, at<T>(src, i), kStride, K, true);
    for (; i < lines; i += R) packLast<T>(at<T>(to, i * K), R, at<T>(src, i), kStride, min(R, lines - i), K);
  } else {
    for (; i < lines; i += R) {
      packTransposed<T>(at<T>(to, i * K), R, at<T>(src, i * lineStride), lineStride, min(R, lines - i), K);
    }
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

/** A last panel of `lines` lines. It takes along what lies behind them, up to the end of the block. */
// @ts-ignore: decorator
@inline
function packLast<T>(panel: usize, R: i32, from: usize, kStride: i32, lines: i32, K: i32): void {
  const behind = R - lines, whole = behind <= 0 ? K : behind <= kStride ? K - 1 : 0;
  packAdjacent<T>(panel, R, from, kStride, whole, false);
  packEach<T>(panel, R, from, 1, kStride, lines, whole, K);
}

/** Element by element, k from `begin` on. */
function packEach<T>(
  panel: usize, R: i32, from: usize, lineStride: i32, kStride: i32, lines: i32, begin: i32, K: i32,
): void {
  for (let k = begin; k < K; k++) {
    for (let r = 0; r < lines; r++) store<T>(at<T>(panel, k * R + r), load<T>(at<T>(from, r * lineStride + k * kStride)));
  }
}

/**
 * Lines along k: blocks of lanes × lanes are transposed. The last block overlaps the one before where R or K is no multiple of the
 * lanes, and writes the same values twice; beyond the last line that line is taken again.
 */
function packTransposed<T>(panel: usize, R: i32, from: usize, lineStride: i32, lines: i32, K: i32): void {
  const L = lanes<T>();
  if (K < L) {
    packEach<T>(panel, R, from, lineStride, 1, lines, 0, K);
    return;
  }
  for (let r = 0; r < R; r += L) {
    const first = min(r, R - L);
    let dst = at<T>(panel, first);
    let src0 = lineAt<T>(from, lineStride, first, lines), src1 = lineAt<T>(from, lineStride, first + 1, lines);
    let src2 = lineAt<T>(from, lineStride, first + 2, lines), src3 = lineAt<T>(from, lineStride, first + 3, lines);
    const end = at<T>(src0, K);
    let step = (((K - 1) & (L - 1)) + 1) << alignof<T>();
    do {
      transposeLanes<T>(dst, R, src0, src1, src2, src3);
      src0 += step;
      src1 += step;
      src2 += step;
      src3 += step;
      dst += step * R;
      step = 16;
    } while (src0 != end);
  }
}

// @ts-ignore: decorator
@inline
function lineAt<T>(from: usize, lineStride: i32, line: i32, lines: i32): usize {
  return at<T>(from, min(line, lines - 1) * lineStride);
}
