// Convolution of small images, eight at a time. x' is [C][H][W][8]: each number beside those of seven more images, the two vectors of
// a tile. So rows of any length fill their vectors, and each pixel has a tile of its own, which leaves out what its window has outside
// the image instead of multiplying zeros (so that an infinite weight there is no NaN):
//
//   y'[o][oh][ow] = b[o] + Σ_kh Σ_kw,c a[kh][kw][c][o]·x'[c][oh·SH − PH + kh][ow·SW − PW + kw]
//
// The taps inside are one run for each kh, and one in all where all kw are inside. This is also the gradient of x, of the mirrored
// shape; weight gradients read x' as dots.ts reads x̂, as rows eight times as long (kernels/conv2d.ts).

import { at, lanes, maskLanes } from '../lib/simd';
import { transpose } from '../lib/transpose';
import { mostWeights } from './direct';
import { tableSize } from './im2col';
import { packRows } from './pack';
import { Conv2dShape } from './shape';
import { MR, MS, shortDirectTile, tallDirectTile, tallRows } from './tile';

/** Images side by side: as many as a tile of f32 has columns. */
// @ts-ignore: decorator
@inline
export const together: i32 = 8;

/** Elements of x', and of y' in rows of whole tiles, for an image: at most, so that both fit the workspace, and L2. */
// @ts-ignore: decorator
@inline
export const mostElements: i32 = 14336;

/** Rows that tiles have beyond M channels, at most. */
// @ts-ignore: decorator
@inline
export const moreRows: i32 = MS - 1;

/** Whether a convolution goes this way. f64, for checking gradients, does not. */
// @ts-ignore: decorator
@inline
export function isBatched<T>(s: Conv2dShape): bool {
  return sizeof<T>() == 4 && suitsBatch(s);
}

/**
 * By the sizes: where no window is all padding, and what is gained at the ends of rows, one in OW, is more than what setting images side by
 * side costs (measured).
 */
function suitsBatch(s: Conv2dShape): bool {
  const T = s.T, M = s.O / s.G, P = s.P, here = s.C / s.G * s.H * s.W;
  return s.N >= together && M >= MS && T <= tableSize && M * T <= mostWeights && (s.DH | s.DW) == 1
    && max(here, (M + moreRows) * P) <= mostElements && 2 * s.OW * (here + M * P) <= M * T * P
    && s.PH < s.KH && s.PW < s.KW && (s.OH - 1) * s.SH < s.H + s.PH && (s.OW - 1) * s.SW < s.W + s.PW;
}

/**
 * Writes zeros for a tile to start from and the panels of A, and into the table where the taps lie in x', as bytes: both in the order
 * (kh, kw, c). Weights are as packNarrow's; room: for M rows of them.
 */
export function packBatch<T>(
  panels: usize, table: usize, room: usize, s: Conv2dShape, w: usize, M: i32, lineStride: i32, channelStride: i32, turned: bool,
): void {
  const Cg = s.C / s.G, T = s.T, window = s.KH * s.KW, step = turned ? -Cg : Cg, first = turned ? T - Cg : 0;
  for (let t = 0; t < T; t++) {
    const tap = t / Cg;
    store<i32>(table + 4 * t, (((t % Cg) * s.H + tap / s.KW) * s.W + tap % s.KW) << 5);
  }
  for (let i = 0; i < M; i++) {
    transpose<T>(at<T>(room, i * T + first), at<T>(w, i * lineStride), window, step, Cg, channelStride, false);
  }
  memory.fill(panels, 0, 32);
  packRows<T>(panels + 32, room, T, 1, M, T);
}

/** Zeros for the images that a last group lacks, where sums go over all images: what packing leaves there is any number. */
export function clearLacking<T>(x: usize, elements: i32, images: i32): void {
  if (images == together) return;
  for (let end = x + (elements << 5); x < end; x += 32) {
    v128.store(x, maskLanes<T>(v128.load(x), images));
    v128.store(x, maskLanes<T>(v128.load(x, 16), images - lanes<T>()), 16);
  }
}

/** Rows [oh0, oh1) of the M planes of y'. a, taps: what packBatch wrote; starts: b; partial: room for a tile. */
export function multiplyBatch<T>(
  out: usize, a: usize, starts: usize, x: usize, taps: usize, partial: usize, s: Conv2dShape, M: i32, oh0: i32, oh1: i32,
): void {
  const Cg = s.C / s.G, KW = s.KW, W = s.W, tall = tallRows(M), plane = s.P * together;
  for (let i = 0, height = MR; i < M; i += height) {
    if (i >= tall) height = MS;
    let to = at<T>(out, i * plane + oh0 * s.OW * together);
    for (let oh = oh0; oh < oh1; oh++) {
      const top = oh * s.SH - s.PH, kh0 = max(0, -top), kh1 = min(s.KH, s.H - top);
      for (let ow = 0; ow < s.OW; ow++, to += 32) {
        const left = ow * s.SW - s.PW, kw0 = max(0, -left), kw1 = min(KW, W - left), rows = kw1 - kw0 == KW ? kh1 - kh0 : 1;
        const from = at<T>(x, (top * W + left) * together);
        let c = to, ldc = plane, start = at<T>(starts, i);
        for (let kh = kh0; kh < kh1; kh += rows) {
          const k = (kh * KW + kw0) * Cg, K = rows * (kw1 - kw0) * Cg, panel = at<T>(a, together + i * s.T + k * height);
          if (height > MS) tallDirectTile<T>(c, c + 16, ldc, panel, from, from + 16, taps + 4 * k, K, start);
          else shortDirectTile<T>(c, c + 16, ldc, panel, from, from + 16, taps + 4 * k, K, start);
          if (kh > kh0) {
            for (let y = to, end = partial + 32 * height, v = partial; v < end; v += 32, y = at<T>(y, plane)) {
              v128.store(y, v128.add<T>(v128.load(y), v128.load(v)));
              v128.store(y, v128.add<T>(v128.load(y, 16), v128.load(v, 16)), 16);
            }
          }
          c = partial;
          ldc = together;
          start = a;
        }
      }
    }
  }
}
