// Convolution without packing col(X). A packed panel of it is read once for every tile of rows, so that packing costs as much as
// two or three tiles. x̂ lies in the cache as it is, and neighbouring pixels are neighbours in it for every tap (im2col.ts), so
// the products read their vectors there, as long as those of all taps fit L1:
//
//   out[i][p] = b[i] + Σ_t a[t][i]·x̂[t̂ + p̂]        rows of a tile: channels;     columns: two vectors of pixels
//
// This is also the gradient of x: with a the window turned by 180° and x̂ the planes of dy. For the weights' see dots.ts.
//
// A row of OW ≥ lanes pixels is cut into vectors of which the last one steps back to end with the row. It does what the one
// before has done again, with the same result.

import { at, lanes } from '../lib/simd';
import { paddedWidth, tableSize } from './im2col';
import { packRows } from './pack';
import { Conv2dShape } from './shape';
import { MR, MS, NR, paddedRows, roundUp, shortDirectTile, tallDirectTile, tallRows } from './tile';

/** Rows of x̂ that the taps of a pixel lie in, at most: a line of L1 each (measured). */
// @ts-ignore: decorator
@inline
const mostLines: i32 = 256;

/** Elements of A at most: a quarter of a megabyte of L2, read once for two vectors of pixels (measured). */
// @ts-ignore: decorator
@inline
export const mostWeights: i32 = 65536;

/** Whether a convolution of C to M channels goes without packing. f64, for checking gradients, always packs. */
// @ts-ignore: decorator
@inline
export function isDirect<T>(C: i32, M: i32, KH: i32, KW: i32, OH: i32, OW: i32, gain: i32): bool {
  return sizeof<T>() == 4 && suitsDirect(C, M, KH, KW, OH, OW, gain);
}

/**
 * By the sizes: not where vectors that step back compute so much twice, beyond what fills up packed panels, that packing is cheaper. It
 * costs as much as `gain` rows of tiles: 3 forward, 5 where col2im is spared, too (measured).
 */
function suitsDirect(C: i32, M: i32, KH: i32, KW: i32, OH: i32, OW: i32, gain: i32): bool {
  const lines = C * KH, K = lines * KW, P = OH * OW;
  return OW >= lanes<f32>() && lines <= mostLines && K <= tableSize && M * K <= mostWeights
    && M * (roundUp(OW, lanes<f32>()) * OH - roundUp(P, NR<f32>())) <= gain * P;
}

/** Panels of M rows of weights, lineStride elements apart: of `channels` windows each, which lie channelStride elements apart. */
export function packWindows<T>(
  panels: usize, w: usize, lineStride: i32, channelStride: i32, M: i32, channels: i32, window: i32,
): void {
  const tall = tallRows(M);
  for (let i = 0, height = MR; i < M; i += height) {
    if (i >= tall) height = MS;
    for (let c = 0; c < channels; c++) {
      const panel = at<T>(panels, (i * channels + c * height) * window);
      packRows<T>(panel, at<T>(w, i * lineStride + c * channelStride), lineStride, 1, min(height, M - i), window);
    }
  }
}

/** b[i], or 0 where there is no bias. */
// @ts-ignore: decorator
@inline
export function biasAt<T>(bias: usize, i: i32): T {
  return bias ? load<T>(at<T>(bias, i)) : 0;
}

/** b[i] for all rows of the panels of M rows. */
export function packStarts<T>(starts: usize, bias: usize, M: i32): void {
  for (let i = 0, rows = paddedRows(M); i < rows; i++) {
    store<T>(at<T>(starts, i), i < M ? biasAt<T>(bias, i) : 0);
  }
}

/**
 * Rows [oh0, oh1) of the M planes of out, P elements apart: out = b + A·col, or += with `accumulate`. a: panels of A; taps: its K
 * offsets in x̂; partial: room for a tile.
 */
export function multiplyDirect<T>(
  out: usize, P: i32, a: usize, starts: usize, x: usize, taps: usize, partial: usize, s: Conv2dShape,
  M: i32, K: i32, oh0: i32, oh1: i32, accumulate: bool,
): void {
  const L = lanes<T>(), OW = s.OW, last = OW - L, V = (OW + L - 1) / L, tall = tallRows(M), rowX = s.SH * paddedWidth(s);
  for (let oh = oh0, v = 0; oh < oh1; ) {
    // Two vectors, the second maybe of the next row; a last one alone is done twice.
    const row0 = oh, v0 = v, column0 = min(v * L, last);
    if (++v == V) {
      v = 0;
      oh++;
    }
    const alone = oh == oh1, row1 = alone ? row0 : oh, v1 = alone ? v0 : v, column1 = min(v1 * L, last);
    if (!alone && ++v == V) {
      v = 0;
      oh++;
    }
    const y0 = row0 * OW + column0, x0 = at<T>(x, row0 * rowX + column0), done0 = v0 * L - column0;
    const y1 = row1 * OW + column1, x1 = at<T>(x, row1 * rowX + column1), done1 = alone ? L : v1 * L - column1;
    for (let i = 0, height = MR; i < M; i += height) {
      if (i >= tall) height = MS;
      const panel = at<T>(a, i * K), start = at<T>(starts, i), rows = min(height, M - i), whole = rows == height && !accumulate;
      const to = at<T>(out, i * P);
      const c = whole ? at<T>(to, y0) : partial, c1 = whole ? at<T>(to, y1) : partial + 16, ldc = whole ? P : NR<T>();
      if (height > MS) tallDirectTile<T>(c, c1, ldc, panel, x0, x1, taps, K, start);
      else shortDirectTile<T>(c, c1, ldc, panel, x0, x1, taps, K, start);
      if (whole) continue;
      for (let r = 0; r < rows; r++) {
        const from = at<T>(partial, r * NR<T>()), row = at<T>(to, r * P);
        put<T>(at<T>(row, y0), from, accumulate, done0);
        put<T>(at<T>(row, y1), from + 16, accumulate, done1);
      }
    }
  }
}

/** One vector of a tile, of which the first lanes have been done before. */
// @ts-ignore: decorator
@inline
export function put<T>(out: usize, from: usize, accumulate: bool, done: i32): void {
  if (!accumulate) {
    v128.store(out, v128.load(from));
    return;
  }
  for (let i = done; i < lanes<T>(); i++) {
    const to = at<T>(out, i);
    store<T>(to, load<T>(to) + load<T>(at<T>(from, i)));
  }
}
