// Convolution without packing col(X). A packed panel of it is read once for every tile of rows, so that packing costs as much as
// two or three tiles. x̂ lies in the cache as it is, and neighbouring pixels are neighbours in it for every tap (im2col.ts), so
// the products read their vectors there, as long as those of all taps fit L1:
//
//   out[i][p] = b[i] + Σ_t a[t][i]·x̂[t̂ + p̂]        rows of a tile: channels;     columns: two vectors of pixels
//   dw[o][t] += Σ_p dy[o][p]·x̂[t̂ + p̂]              rows of a tile: six taps;     columns: two channels, and pixels as lanes
//
// The first is also the gradient of x: with a the window turned by 180° and x̂ the planes of dy. The second sums along the
// lanes last, once for each block of rows of an image.
//
// A row of OW ≥ lanes pixels is cut into vectors of which the last one steps back to end with the row. It does what the one
// before has done again, with the same result; in sums its lanes are masked.

import { at, lanes, madd, storeLanes, sumLanes, tailMask, zero } from '../lib/simd';
import { entry, paddedWidth } from './im2col';
import { packRows } from './pack';
import { Conv2dShape } from './shape';
import { MR, MS, NR, paddedRows, shortDirectTile, tallDirectTile, tallRows } from './tile';

/** Taps at most: what the table has room for. */
// @ts-ignore: decorator
@inline
const mostTaps: i32 = 768;

/** Rows of x̂ that the taps of a pixel lie in, at most: a line of L1 each (measured). */
// @ts-ignore: decorator
@inline
const mostLines: i32 = 256;

/** Elements of A at most: a quarter of a megabyte of L2, read once for two vectors of pixels (measured). */
// @ts-ignore: decorator
@inline
const mostWeights: i32 = 65536;

/** Pixels of an image for each of its output channels from which on weight gradients gain (measured). */
// @ts-ignore: decorator
@inline
const pixelsPerChannel: i32 = 12;

/** Pixels of a block of rows: few enough that dy and x̂ stay in L1 for all taps. */
// @ts-ignore: decorator
@inline
const blockPixels: i32 = 1024;

/** Whether a convolution of C to M channels, OW pixels a row, goes without packing. f64, for checking gradients, always packs. */
// @ts-ignore: decorator
@inline
export function isDirect<T>(C: i32, M: i32, KH: i32, KW: i32, OW: i32): bool {
  const lines = C * KH, K = lines * KW;
  return sizeof<T>() == 4 && OW >= lanes<T>() && lines <= mostLines && K <= mostTaps && M * K <= mostWeights;
}

/** Whether weight gradients do: with few pixels, adding up the lanes costs more than packing. */
// @ts-ignore: decorator
@inline
export function sumsDirectly<T>(K: i32, M: i32, OH: i32, OW: i32): bool {
  return sizeof<T>() == 4 && OW >= lanes<T>() && K <= mostTaps && OH * OW >= pixelsPerChannel * M;
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
  const L = lanes<T>(), OW = s.OW, lastColumn = OW - L, tall = tallRows(M), rowX = s.SH * paddedWidth(s);
  let oh = oh0, ow = 0, done = 0;
  while (oh < oh1) {
    const y0 = oh * OW + ow, x0 = at<T>(x, oh * rowX + ow), done0 = done;
    let y1 = y0, x1 = x0, done1 = L;
    for (let v = 0; v < 2 && oh < oh1; v++) {
      if (v > 0) {
        y1 = oh * OW + ow;
        x1 = at<T>(x, oh * rowX + ow);
        done1 = done;
      }
      const next = min(ow + L, lastColumn);
      done = ow + L - next;
      ow = next;
      if (done == L) {
        ow = done = 0;
        oh++;
      }
    }
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

/** Taps of a tile of sums: as many rows as a tall tile has, for the same reason. */
// @ts-ignore: decorator
@inline
export const tapsTogether: i32 = MR;

/**
 * dw[o][t] += Σ_p dy[o][p]·x̂[t̂ + p̂] for O channels, whose planes of dy are P elements apart and whose weights T, and for `count` taps, over
 * all pixels of an image. `taps` is filled up to whole tiles; sums: room for those of a tile and a vector.
 */
export function addDots<T>(
  dw: usize, T_: i32, dy: usize, P: i32, x: usize, taps: usize, sums: usize, s: Conv2dShape, O: i32, count: i32,
): void {
  const L = lanes<T>(), OW = s.OW, block = max(1, blockPixels / OW), rowX = s.SH * paddedWidth(s);
  v128.store(sums, v128.not(tailMask<T>(L - (OW % L))), 192);
  for (let oh = 0; oh < s.OH; oh += block) {
    const rows = min(block, s.OH - oh);
    for (let o = 0; o < O; o += 2) {
      const here = min(2, O - o), d = at<T>(dy, o * P + oh * OW);
      for (let t = 0; t < count; t += tapsTogether) {
        dotTile<T>(sums, d, at<T>(d, (here - 1) * P), at<T>(x, oh * rowX), taps + 4 * t, rows, OW, rowX);
        for (let h = 0; h < here; h++) {
          const to = at<T>(dw, (o + h) * T_ + t);
          for (let i = 0, few = min(tapsTogether, count - t); i < few; i++) {
            store<T>(at<T>(to, i), <T>(load<T>(at<T>(to, i)) + sumLanes<T>(v128.load(sums + 32 * i + 16 * h))));
          }
        }
      }
    }
  }
}

/** Lane by lane, the sums of a tile over rows of OW pixels: two for each tap, from dy at d0 and at d1. */
function dotTile<T>(sums: usize, d0: usize, d1: usize, x: usize, taps: usize, rows: i32, OW: i32, rowX: i32): void {
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero();
  let c30 = zero(), c31 = zero(), c40 = zero(), c41 = zero(), c50 = zero(), c51 = zero();
  let x0 = x + entry(taps, 0), x1 = x + entry(taps, 1), x2 = x + entry(taps, 2), x3 = x + entry(taps, 3);
  let x4 = MR > MS ? x + entry(taps, 4) : 0, x5 = MR > MS ? x + entry(taps, 5) : 0;
  const rest = OW % lanes<T>(), whole = OW / lanes<T>(), back: usize = (lanes<T>() - rest) << alignof<T>();
  const skip: usize = (rowX - OW) << alignof<T>(), tail: usize = rest << alignof<T>();
  do {
    let left = whole;
    do {
      const u = v128.load(d0), v = v128.load(d1);
      let z = v128.load(x0);
      c00 = madd<T>(u, z, c00);
      c01 = madd<T>(v, z, c01);
      z = v128.load(x1);
      c10 = madd<T>(u, z, c10);
      c11 = madd<T>(v, z, c11);
      z = v128.load(x2);
      c20 = madd<T>(u, z, c20);
      c21 = madd<T>(v, z, c21);
      z = v128.load(x3);
      c30 = madd<T>(u, z, c30);
      c31 = madd<T>(v, z, c31);
      if (MR > MS) {
        z = v128.load(x4);
        c40 = madd<T>(u, z, c40);
        c41 = madd<T>(v, z, c41);
        z = v128.load(x5);
        c50 = madd<T>(u, z, c50);
        c51 = madd<T>(v, z, c51);
        x4 += 16;
        x5 += 16;
      }
      d0 += 16;
      d1 += 16;
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
    } while (--left);
    if (rest) {
      const u = v128.and(v128.load(d0 - back), v128.load(sums, 192)), v = v128.and(v128.load(d1 - back), v128.load(sums, 192));
      let z = v128.and(v128.load(x0 - back), v128.load(sums, 192));
      c00 = madd<T>(u, z, c00);
      c01 = madd<T>(v, z, c01);
      z = v128.and(v128.load(x1 - back), v128.load(sums, 192));
      c10 = madd<T>(u, z, c10);
      c11 = madd<T>(v, z, c11);
      z = v128.and(v128.load(x2 - back), v128.load(sums, 192));
      c20 = madd<T>(u, z, c20);
      c21 = madd<T>(v, z, c21);
      z = v128.and(v128.load(x3 - back), v128.load(sums, 192));
      c30 = madd<T>(u, z, c30);
      c31 = madd<T>(v, z, c31);
      if (MR > MS) {
        z = v128.and(v128.load(x4 - back), v128.load(sums, 192));
        c40 = madd<T>(u, z, c40);
        c41 = madd<T>(v, z, c41);
        z = v128.and(v128.load(x5 - back), v128.load(sums, 192));
        c50 = madd<T>(u, z, c50);
        c51 = madd<T>(v, z, c51);
      }
      d0 += tail;
      d1 += tail;
    }
    const step = skip + tail;
    x0 += step;
    x1 += step;
    x2 += step;
    x3 += step;
    if (MR > MS) {
      x4 += step;
      x5 += step;
    }
  } while (--rows);
  v128.store(sums, c00, 0);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
  if (MR > MS) {
    v128.store(sums, c40, 128);
    v128.store(sums, c41, 144);
    v128.store(sums, c50, 160);
    v128.store(sums, c51, 176);
  }
}
