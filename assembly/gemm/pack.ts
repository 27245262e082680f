// Packing: a block of a matrix is copied into panels in the order in which the tile reads it.
//
// A panel is R lines of the block (rows of A, columns of B), interleaved along k: panel[k][r], r < R. Element
// (line i, k) of the source lies at src + i·lineStride + k·kStride, so one function serves A, B and their
// transposes. Lines beyond the block are packed as zeros, so that every tile is a full one.
//
// One of the strides is 1 in every use, and each has its own fast path.

import { at, lanes, loadLanes, storeLanes } from '../lib/simd';
import { transposeBlock } from '../lib/transpose';

/** Packs `lines` lines of length K, R to a panel; R is a multiple of two and at least lanes<T>(). */
export function pack<T>(to: usize, R: i32, src: usize, lineStride: i32, kStride: i32, lines: i32, K: i32): void {
  for (let i = 0; i < lines; i += R) {
    const panel = at<T>(to, i * K), from = at<T>(src, i * lineStride), here = min(R, lines - i);
    if (here < R) packPartial<T>(panel, R, from, lineStride, kStride, here, K);
    else if (lineStride == 1) packAdjacent<T>(panel, R, from, kStride, K);
    else packTransposed<T>(panel, R, from, lineStride, kStride, K);
  }
}

/** Lines side by side: each k is R elements copied. */
function packAdjacent<T>(panel: usize, R: i32, from: usize, kStride: i32, K: i32): void {
  const L = lanes<T>(), step = <usize>kStride << alignof<T>(), width = <usize>R << alignof<T>();
  for (let k = 0; k < K; k++) {
    for (let r = 0; r < R; r += L) storeLanes<T>(at<T>(panel, r), loadLanes<T>(at<T>(from, r), R - r), R - r);
    from += step;
    panel += width;
  }
}

/** Lines along k: blocks of lanes × lanes are transposed. The last block of lines overlaps the one before when
 *  R is no multiple of the lanes, and writes the same values twice. */
function packTransposed<T>(panel: usize, R: i32, from: usize, lineStride: i32, kStride: i32, K: i32): void {
  const L = lanes<T>();
  const body = kStride == 1 ? K & -L : 0;
  for (let r = 0; r < R; r += L) {
    const line = min(r, R - L);
    const src = at<T>(from, line * lineStride), dst = at<T>(panel, line);
    for (let k = 0; k < body; k += L) transposeBlock<T>(at<T>(dst, k * R), R, at<T>(src, k), lineStride);
    for (let k = body; k < K; k++) {
      for (let l = 0; l < L; l++) store<T>(at<T>(dst, k * R + l), load<T>(at<T>(src, l * lineStride + k * kStride)));
    }
  }
}

/** Fewer lines than a panel holds: zeros in the others. */
function packPartial<T>(panel: usize, R: i32, from: usize, lineStride: i32, kStride: i32, lines: i32, K: i32): void {
  for (let k = 0; k < K; k++) {
    for (let r = 0; r < lines; r++) store<T>(at<T>(panel, k * R + r), load<T>(at<T>(from, r * lineStride + k * kStride)));
    for (let r = lines; r < R; r++) store<T>(at<T>(panel, k * R + r), <T>0);
  }
}
