// im2col: the matrix col(X) whose product with the weights is the convolution. For one image and one group it has
// a row per tap t = (c, kh, kw) and a column per output pixel p = (oh, ow):
//
//   col[t][p] = x[c][oh·SH − PH + kh·DH][ow·SW − PW + kw·DW]        0 outside the image
//
// so that Y[o][p] = Σ_t W[o][t]·col[t][p]. With x̂ the planes of x between their padding, Ĥ rows of Ŵ pixels each, nothing
// lies outside. A row of x̂ holds every SW-th column from the first on, then every SW-th from the second on, and so on: as many of
// these phases as a window reaches, each V long. Column w lies at (w mod SW)·V + ⌊w/SW⌋. So where an element comes from is a
// sum of what its tap and what its pixel say, and neighbouring pixels of a row are neighbours in x̂, for all taps and any stride:
//
//   col[t][p] = x̂[t̂ + p̂],    t̂ = (c·Ĥ + kh·DH)·Ŵ + (kw·DW mod SW)·V + ⌊kw·DW/SW⌋,    p̂ = oh·SH·Ŵ + ow
//
// This file holds that index map, as two tables of offsets, and makes x̂. Whole vectors are read from it, without a
// question about borders. The convolutions pack panels from it or multiply where it lies, so the matrix itself is never stored.
//
// Every element of x stands in up to KH·KW places; col2im, the adjoint, adds what arrives at those places back up:
//
//   dx̂[t̂ + p̂] += dcol[t][p]        and dx is dx̂ without the padding

import { columnInPhases, gatherRow, unzipRow, zipRow } from '../lib/columns';
import { addRow, copyRow } from '../lib/rows';
import { at, lanes } from '../lib/simd';
import { transposeLanes } from '../lib/transpose';
import { MB } from './gemm';
import { Conv2dShape } from './shape';
import { NR, entry } from './tile';

// Behind a Conv2dShape stand the tables, of one block of pixels and one of taps, and then whatever the kernel needs.

/** Pixels and taps that the tables have room for, besides what fills up the last panel. */
// @ts-ignore: decorator
@inline
export const tableSize: i32 = MB;

// @ts-ignore: decorator
@inline
export function pixelTable(shape: usize): usize {
  return shape + offsetof<Conv2dShape>();
}

// @ts-ignore: decorator
@inline
export function tapTable(shape: usize): usize {
  return pixelTable(shape) + 4 * (tableSize + 8);
}

/** Where the tables end, as far from a multiple of 64 bytes as the shape. */
// @ts-ignore: decorator
@inline
export function behindTables(shape: usize): usize {
  return shape + ((2 * 4 * (tableSize + 8) + offsetof<Conv2dShape>() + 63) & -64);
}

/** Elements of one plane of x̂, where it is a copy; in f64, since a user's sizes may be beyond memory. */
export function planeElements(s: Conv2dShape): f64 {
  return isPadded(s) ? <f64>paddedHeight(s) * paddedWidth(s) : 0;
}

/** Whether windows reach beyond the image or step over columns, so that x̂ is a copy. */
export function isPadded(s: Conv2dShape): bool {
  return s.SW > 1 || s.PH > 0 || s.PW > 0 || paddedHeight(s) > s.H || paddedWidth(s) > s.W;
}

/** Ĥ: the rows of a plane of x̂. */
export function paddedHeight(s: Conv2dShape): i32 {
  return max(s.PH + s.H, (s.OH - 1) * s.SH + (s.KH - 1) * s.DH + 1);
}

/** Ŵ: the pixels of a row of x̂. */
// @ts-ignore: decorator
@inline
export function paddedWidth(s: Conv2dShape): i32 {
  return phases(s) * phaseWidth(s);
}

/** Phases that a window reaches. */
function phases(s: Conv2dShape): i32 {
  return min(s.SW, (s.KW - 1) * s.DW + 1);
}

/** V: the pixels of one phase of a row of x̂. */
function phaseWidth(s: Conv2dShape): i32 {
  return (max(s.PW + s.W, (s.OW - 1) * s.SW + (s.KW - 1) * s.DW + 1) - 1) / s.SW + 1;
}

/** Clears room for `planes` planes of x̂. */
export function clearPlanes<T>(copy: usize, s: Conv2dShape, planes: i32): void {
  memory.fill(copy, 0, <usize>(planes * planeElements(s)) << alignof<T>());
}

/**
 * x̂ for `planes` planes of x: x itself, or a copy in `copy`, which has been cleared: what lies around the images stays zero
 * from one to the next.
 */
export function padPlanes<T>(copy: usize, x: usize, s: Conv2dShape, planes: i32): usize {
  if (!isPadded(s)) return x;
  movePlanes<T>(copy, x, s, planes, false);
  return copy;
}

/** dx += dx̂ without its padding. */
export function addPlanes<T>(dx: usize, padded: usize, s: Conv2dShape, planes: i32): void {
  movePlanes<T>(padded, dx, s, planes, true);
}

/** x̂ = x or, `back`, dx += dx̂. In f64, which is there for checking gradients so that size counts, phase by phase. */
function movePlanes<T>(padded: usize, x: usize, s: Conv2dShape, planes: i32, back: bool): void {
  if (sizeof<T>() == 4 && s.SW == 2 && phases(s) == 2) movePair<T>(padded, x, s, planes, back);
  else for (let q = 0; q < phases(s); q++) movePhase<T>(padded, x, s, planes, q, back);
}

/** Both phases of columns two apart, in one pass over a row. */
function movePair<T>(padded: usize, x: usize, s: Conv2dShape, planes: i32, back: bool): void {
  const height = paddedHeight(s), width = paddedWidth(s), V = phaseWidth(s);
  for (let c = 0; c < planes; c++) {
    let row = at<T>(padded, (c * height + s.PH) * width);
    for (let h = 0; h < s.H; h++) {
      const even = columnInPhases<T>(row, V, s.PW), odd = columnInPhases<T>(row, V, s.PW + 1);
      if (back) zipRow<T>(x, even, odd, s.W, true);
      else unzipRow<T>(even, odd, x, s.W);
      row = at<T>(row, width);
      x = at<T>(x, s.W);
    }
  }
}

/** Phase q of x̂ = x or, `back`, dx += that of dx̂. */
function movePhase<T>(padded: usize, x: usize, s: Conv2dShape, planes: i32, q: i32, back: bool): void {
  const stride = s.SW, behind = (q - s.PW) % stride, first = behind < 0 ? behind + stride : behind; // the first column w of x with w + PW ≡ q
  if (first >= s.W) return;
  const height = paddedHeight(s), width = paddedWidth(s), count = (s.W - first - 1) / stride + 1;
  const start = at<T>(padded, s.PH * width + q * phaseWidth(s) + (first + s.PW) / stride);
  for (let c = 0; c < planes; c++) {
    for (let h = 0; h < s.H; h++) {
      const row = at<T>(start, (c * height + h) * width), image = at<T>(x, (c * s.H + h) * s.W + first);
      if (back) addRow<T>(image, row, count, stride);
      else if (stride == 1) copyRow<T>(row, image, count);
      else gatherRow<T>(row, image, count, stride);
    }
  }
}

/** t̂ of tap (c, kh, kw), in elements. */
export function placeOfTap(s: Conv2dShape, c: i32, kh: i32, kw: i32): i32 {
  const phase = phaseWidth(s), column = kw * s.DW;
  return ((c * paddedHeight(s) + kh * s.DH) * phases(s) + column % s.SW) * phase + column / s.SW;
}

/**
 * Taps [t0, t0 + count) as bytes t̂, relative to plane `first` of x̂; the last one again up to `padded` entries. With `turned`,
 * those of the window turned by 180°.
 */
export function tapOffsets<T>(
  table: usize, s: Conv2dShape, first: i32, t0: i32, count: i32, padded: i32, turned: bool = false, images: i32 = 1,
): void {
  const window = s.KH * s.KW;
  for (let i = 0; i < padded; i++) {
    const t = t0 + min(i, count - 1), c = t / window, inside = turned ? window - 1 - t % window : t % window;
    store<i32>(table + 4 * i, (images * placeOfTap(s, c - first, inside / s.KW, inside % s.KW)) << alignof<T>());
  }
}

/** Pixels [p0, p0 + count) as bytes p̂; the first one again up to `padded` entries, where it is nobody's neighbour. */
export function pixelOffsets<T>(table: usize, s: Conv2dShape, p0: i32, count: i32, padded: i32): void {
  const width = paddedWidth(s);
  let oh = p0 / s.OW, ow = p0 - oh * s.OW;
  for (let i = 0; i < count; i++) {
    store<i32>(table + 4 * i, (oh * s.SH * width + ow) << alignof<T>());
    if (++ow == s.OW) {
      ow = 0;
      oh++;
    }
  }
  for (let i = count; i < padded; i++) store<i32>(table + 4 * i, load<i32>(table));
}

/** Whether `count` pixels from the entry at `pixels` on are neighbours in x̂. */
// @ts-ignore: decorator
@inline
function areNeighbours<T>(pixels: usize, count: i32): bool {
  return load<i32>(pixels + 4 * (count - 1)) - load<i32>(pixels) == (count - 1) << alignof<T>();
}

/** to[p − p0] = x̂[t̂ + p̂] for the N pixels from p0 on and one tap, at x̂ + t̂. */
export function copyPixels<T>(to: usize, tap: usize, s: Conv2dShape, p0: i32, N: i32): void {
  const step = s.SH * paddedWidth(s);
  let ow = p0 % s.OW, row = at<T>(tap, (p0 / s.OW) * step);
  for (let p = 0; p < N; ) {
    const count = min(s.OW - ow, N - p);
    copyRow<T>(at<T>(to, p), at<T>(row, ow), count);
    p += count;
    ow = 0;
    row = at<T>(row, step);
  }
}

/** The adjoint: dx̂[t̂ + p̂] += from[p − p0]. */
export function scatterPixels<T>(tap: usize, from: usize, s: Conv2dShape, p0: i32, N: i32): void {
  const step = s.SH * paddedWidth(s);
  let ow = p0 % s.OW, row = at<T>(tap, (p0 / s.OW) * step);
  for (let p = 0; p < N; ) {
    const count = min(s.OW - ow, N - p);
    addRow<T>(at<T>(row, ow), at<T>(from, p), count);
    p += count;
    ow = 0;
    row = at<T>(row, step);
  }
}

/** Panels of col(X): K taps along a panel, N pixels are its columns. Tables are filled up to whole panels. */
export function packPixels<T>(panels: usize, x: usize, taps: usize, pixels: usize, N: i32, K: i32): void {
  const R = NR<T>(), L = lanes<T>(), width = <usize>R << alignof<T>();
  for (let j = 0; j < N; j += R, pixels += 4 * R) {
    let to = at<T>(panels, j * K);
    if (areNeighbours<T>(pixels, R)) {
      const first = x + entry(pixels, 0);
      for (let k = 0; k < K; k++, to += width) {
        const from = first + entry(taps, k);
        v128.store(to, v128.load(from, 0), 0);
        v128.store(to, v128.load(from, 16), 16);
      }
    } else {
      packLanes<T>(to, x, taps, pixels, K, width);
      packLanes<T>(to + 16, x, taps, pixels + 4 * L, K, width);
    }
  }
}

/** One vector of each row of a panel. */
function packLanes<T>(to: usize, x: usize, taps: usize, pixels: usize, K: i32, width: usize): void {
  const p0 = x + entry(pixels, 0);
  if (areNeighbours<T>(pixels, lanes<T>())) {
    for (let k = 0; k < K; k++, to += width) v128.store(to, v128.load(p0 + entry(taps, k)));
  } else {
    const p1 = x + entry(pixels, 1), p2 = x + entry(pixels, lanes<T>() - 2), p3 = x + entry(pixels, lanes<T>() - 1);
    for (let k = 0; k < K; k++, to += width) v128.store(to, gatherLanes<T>(entry(taps, k), p0, p1, p2, p3));
  }
}

/** The elements at base + p0, base + p1, … as a vector; f64 has no more than these two. */
// @ts-ignore: decorator
@inline
function gatherLanes<T>(base: usize, p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  let v = v128.load_splat<T>(base + p0);
  v = v128.load_lane<T>(base + p1, v, 1);
  if (sizeof<T>() == 8) return v;
  v = v128.load_lane<T>(base + p2, v, 2);
  return v128.load_lane<T>(base + p3, v, 3);
}

/** Panels of col(X)ᵀ: K pixels along a panel, N taps are its columns. The taps' table is filled up to whole panels. */
export function packTaps<T>(panels: usize, x: usize, taps: usize, pixels: usize, N: i32, K: i32): void {
  const R = NR<T>(), L = lanes<T>();
  for (let j = 0; j < N; j += L) {
    const to = at<T>(panels, (j & -R) * K + (j & (R - 1))), table = taps + 4 * j;
    const t0 = x + entry(table, 0), t1 = x + entry(table, 1), t2 = x + entry(table, L - 2), t3 = x + entry(table, L - 1);
    for (let k = 0; k < K; ) {
      const from = pixels + 4 * k, p = entry(from, 0);
      if (k <= K - L && areNeighbours<T>(from, L)) {
        transposeLanes<T>(at<T>(to, k * R), R, p + t0, p + t1, p + t2, p + t3);
        k += L;
      } else {
        v128.store(at<T>(to, k * R), gatherLanes<T>(p, t0, t1, t2, t3));
        k++;
      }
    }
  }
}
