// im2col: the matrix col(X) whose product with the weights is the convolution. For one image and one group it has
// a row per tap t = (c, kh, kw) and a column per output pixel p = (oh, ow):
//
//   col[t][p] = x[c][oh·SH − PH + kh·DH][ow·SW − PW + kw·DW]        0 outside the image
//
// so that Y[o][p] = Σ_t W[o][t]·col[t][p]. Every element of x stands in up to KH·KW places; col2im, the adjoint,
// adds what arrives at those places back up:
//
//   dx[c][ih][iw] = Σ_{(t, p) that read it} dcol[t][p]
//
// This file holds the one index map, for a piece of one row: columns [p0, p1) of tap t. The convolutions pack from
// it piece by piece, so the matrix itself is never stored.

import { fill } from '../lib/rows';
import { at, lanes, loadLanes, storeLanes } from '../lib/simd';
import { Conv2dShape } from './shape';

/** to[p − p0] = col[t][p] for p in [p0, p1). x: the group's first channel of one image. */
export function im2colRow<T>(to: usize, x: usize, s: Conv2dShape, t: i32, p0: i32, p1: i32): void {
  const kw = t % s.KW, kh = (t / s.KW) % s.KH, c = t / (s.KW * s.KH);
  const first = firstInside(s.PW - kw * s.DW, s.SW, s.OW), end = firstInside(s.W + s.PW - kw * s.DW, s.SW, s.OW);
  let ow = p0 % s.OW;
  for (let p = p0, oh = p0 / s.OW; p < p1; oh++, ow = 0) {
    const count = min(s.OW - ow, p1 - p);
    const ih = oh * s.SH - s.PH + kh * s.DH;
    if (<u32>ih >= <u32>s.H) {
      fill<T>(to, 0, 0, count);
    } else {
      // [ow, ow + count) is zeros up to a, pixels up to b, zeros again.
      const a = min(max(first, ow), ow + count), b = max(a, min(end, ow + count));
      const row = at<T>(x, (c * s.H + ih) * s.W), iw = a * s.SW - s.PW + kw * s.DW;
      if (a > ow) fill<T>(to, 0, 0, a - ow);
      gather<T>(at<T>(to, a - ow), at<T>(row, iw), s.SW, b - a);
      if (ow + count > b) fill<T>(to, 0, b - ow, count);
    }
    to = at<T>(to, count);
    p += count;
  }
}

/** dx += the adjoint of im2colRow: dx[…] += from[p − p0] for p in [p0, p1). */
export function col2imRow<T>(dx: usize, from: usize, s: Conv2dShape, t: i32, p0: i32, p1: i32): void {
  const kw = t % s.KW, kh = (t / s.KW) % s.KH, c = t / (s.KW * s.KH);
  const first = firstInside(s.PW - kw * s.DW, s.SW, s.OW), end = firstInside(s.W + s.PW - kw * s.DW, s.SW, s.OW);
  let ow = p0 % s.OW;
  for (let p = p0, oh = p0 / s.OW; p < p1; oh++, ow = 0) {
    const count = min(s.OW - ow, p1 - p);
    const ih = oh * s.SH - s.PH + kh * s.DH;
    if (<u32>ih < <u32>s.H) {
      const a = min(max(first, ow), ow + count), b = max(a, min(end, ow + count));
      const row = at<T>(dx, (c * s.H + ih) * s.W), iw = a * s.SW - s.PW + kw * s.DW;
      scatterAdd<T>(at<T>(row, iw), at<T>(from, a - ow), s.SW, b - a);
    }
    from = at<T>(from, count);
    p += count;
  }
}

/** The first output column whose tap lies at or beyond image column `column`: ⌈column/stride⌉ within [0, OW]. */
// @ts-ignore: decorator
@inline
function firstInside(column: i32, stride: i32, OW: i32): i32 {
  return column <= 0 ? 0 : min((column + stride - 1) / stride, OW);
}

/** to[i] = from[i·stride]. */
// @ts-ignore: decorator
@inline
function gather<T>(to: usize, from: usize, stride: i32, count: i32): void {
  if (stride == 1) {
    for (let i = 0; i < count; i += lanes<T>()) {
      storeLanes<T>(at<T>(to, i), loadLanes<T>(at<T>(from, i), count - i), count - i);
    }
  } else {
    for (let i = 0; i < count; i++) store<T>(at<T>(to, i), load<T>(at<T>(from, i * stride)));
  }
}

/** to[i·stride] += from[i]. */
// @ts-ignore: decorator
@inline
function scatterAdd<T>(to: usize, from: usize, stride: i32, count: i32): void {
  if (stride == 1) {
    for (let i = 0; i < count; i += lanes<T>()) {
      const sum = v128.add<T>(loadLanes<T>(at<T>(to, i), count - i), loadLanes<T>(at<T>(from, i), count - i));
      storeLanes<T>(at<T>(to, i), sum, count - i);
    }
  } else {
    for (let i = 0; i < count; i++) {
      const pixel = at<T>(to, i * stride);
      store<T>(pixel, load<T>(pixel) + load<T>(at<T>(from, i)));
    }
  }
}
