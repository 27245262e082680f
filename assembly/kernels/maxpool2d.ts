// Max pooling over planes x[H, W] → y[OH, OW], one for each image and channel (PyTorch's MaxPool2d and its adaptive
// form). Window o of an axis with stride s, padding p, dilation d and kernel size K takes the places
//
//   o·s − p + k·d,  k = 0 … K − 1,   those of them that lie in the input; an adaptive one [⌊o·H/OH⌋, ⌈(o + 1)·H/OH⌉).
//
//   forward    y = x[a],  a = argmax over the window: the first of equal maxima in row-major order; NaN counts as
//              more than anything, and the last NaN wins. Padding never wins, not even against −∞.
//   backward   dx[a] += dy
//
// Forward saves a, the index h·W + w within the plane, for backward; −1 where dilation lets a window miss the input.
// dx is cleared first, since windows overlap.
//
// Output columns whose whole window lies in the input are done by vectors, the others one by one.

import { adaptiveEnd, adaptiveStart, endInside, firstInside, firstPlace, placesBefore } from '../lib/axis';
import { evens, loadColumns, odds } from '../lib/columns';
import { fill } from '../lib/rows';
import { at, lanes, selectLanes } from '../lib/simd';

/** Planes [begin, end). out, argmax (i32): [planes, OH, OW]; x: [planes, H, W]. */
// @ts-ignore: decorator
@parallel(0.4 * OH * OW * KH * KW)
export function maxPool2dForward<T>(
  out: usize, argmax: usize,
  x: usize,
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  strideH: i32, strideW: i32, padH: i32, padW: i32, dilationH: i32, dilationW: i32,
  begin: i32, end: i32,
): void {
  const spanH = (KH - 1) * dilationH + 1, spanW = (KW - 1) * dilationW + 1;
  const lo = firstInside(padW, strideW, OW), hi = endInside<T>(lo, W, spanW, strideW, padW);
  for (let plane = begin; plane < end; plane++) {
    const xPlane = at<T>(x, plane * H * W);
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * strideH - padH;
      const h = firstPlace(top, dilationH), rows = placesBefore(min(top + spanH, H), h, dilationH);
      const stop = rows ? hi : lo; // no vectors where no row of the windows lies in the input
      for (let ow = 0; ow < OW; ) {
        const to = (plane * OH + oh) * OW + ow, left = ow * strideW - padW;
        const outs = at<T>(out, to), args = at<i32>(argmax, to);
        if (ow == lo && lo < stop) {
          const index = h * W + left, from = at<T>(xPlane, index), count = stop - lo;
          // A constant stride makes a loop of its own (measured), but for f64, which is there for checking gradients.
          if (sizeof<T>() == 4 && strideW == 2 && KW == 2 && dilationW == 1 && rows == 2) {
            maxOfQuads<T>(outs, args, from, index, count, dilationH * W);
          } else if (sizeof<T>() == 4 && strideW == 1) maxOfRow<T>(outs, args, from, index, count, W, rows, KW, dilationH, dilationW, 1);
          else if (sizeof<T>() == 4 && strideW == 2) maxOfRow<T>(outs, args, from, index, count, W, rows, KW, dilationH, dilationW, 2);
          else maxOfRow<T>(outs, args, from, index, count, W, rows, KW, dilationH, dilationW, strideW);
          ow = stop;
        } else {
          const w = firstPlace(left, dilationW), columns = placesBefore(min(left + spanW, W), w, dilationW);
          maxOfWindow<T>(outs, args, xPlane, W, h, w, rows, columns, dilationH, dilationW);
          ow++;
        }
      }
    }
  }
}

/** Planes [begin, end). out, argmax (i32): [planes, OH, OW]; x: [planes, H, W]. */
// @ts-ignore: decorator
@parallel(1.0 * (H * W + OH * OW))
export function adaptiveMaxPool2dForward<T>(
  out: usize, argmax: usize,
  x: usize,
  H: i32, W: i32, OH: i32, OW: i32, begin: i32, end: i32,
): void {
  for (let plane = begin; plane < end; plane++) {
    const xPlane = at<T>(x, plane * H * W);
    for (let oh = 0; oh < OH; oh++) {
      const h0 = adaptiveStart(oh, H, OH), h1 = adaptiveEnd(oh, H, OH);
      const o = (plane * OH + oh) * OW;
      for (let ow = 0; ow < OW; ow++) {
        const w0 = adaptiveStart(ow, W, OW), w1 = adaptiveEnd(ow, W, OW);
        maxOfWindow<T>(at<T>(out, o + ow), at<i32>(argmax, o + ow), xPlane, W, h0, w0, h1 - h0, w1 - w0, 1, 1);
      }
    }
  }
}

/** Planes [begin, end), for both max forwards: dx, of inSize elements a plane; dout, argmax: of outSize. */
// @ts-ignore: decorator
@parallel(0.1 * inSize + 1.0 * outSize)
export function maxPool2dBackward<T>(
  dx: usize,
  dout: usize, argmax: usize,
  inSize: i32, outSize: i32, begin: i32, end: i32,
): void {
  for (let plane = begin; plane < end; plane++) {
    const dxPlane = at<T>(dx, plane * inSize);
    fill<T>(dxPlane, 0, 0, inSize);
    for (let o = plane * outSize, stop = o + outSize; o < stop; o++) {
      const a = load<i32>(at<i32>(argmax, o));
      if (<u32>a >= <u32>inSize) continue; // −1: an empty window
      const to = at<T>(dxPlane, a);
      store<T>(to, load<T>(to) + load<T>(at<T>(dout, o)));
    }
  }
}

/** y and a of the window of rows × columns places, dh and dw apart, from (h, w) on; of an empty one −∞ and −1. */
function maxOfWindow<T>(
  out: usize, argmax: usize,
  x: usize, W: i32, h: i32, w: i32, rows: i32, columns: i32, dh: i32, dw: i32,
): void {
  let best: T = -Infinity;
  let a = -1;
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < columns; k++) {
      const index = (h + r * dh) * W + w + k * dw, value = load<T>(at<T>(x, index));
      if (a < 0 || value > best || value != value) {
        best = value;
        a = index;
      }
    }
  }
  store<T>(out, best);
  store<i32>(argmax, a);
}

/**
 * y and a for `count` ≥ lanes windows, each `stride` columns further, which all lie within the plane's columns. Two
 * vectors go together, for one waits for its comparisons; those at the end of the row step back, to end with it.
 * x: the first place of the first window, at `index` in its plane.
 */
// @ts-ignore: decorator
@inline
function maxOfRow<T>(
  out: usize, argmax: usize,
  x: usize, index: i32, count: i32, W: i32, rows: i32, columns: i32, dh: i32, dw: i32, stride: i32,
): void {
  const nextPlace = splatIndex<T>(dw), nextRow = splatIndex<T>(dh * W), ramp = rampOfIndices<T>(stride);
  for (let i = 0; i < count; i += 2 * lanes<T>()) {
    const i0 = min(i, count - lanes<T>()), i1 = min(i + lanes<T>(), count - lanes<T>());
    let x0 = at<T>(x, i0 * stride), x1 = at<T>(x, i1 * stride);
    // Indices are those of the first vector's windows; the second's follow in the end.
    let rowIndices = addIndices<T>(ramp, splatIndex<T>(index + i0 * stride));
    let best0 = loadColumns<T>(x0, stride), a0 = rowIndices;
    let best1 = loadColumns<T>(x1, stride), a1 = rowIndices;
    let indices = addIndices<T>(rowIndices, nextPlace);
    let k = 1; // the window's first place is taken already
    let r = rows;
    do {
      for (; k < columns; k++) {
        const v0 = loadColumns<T>(at<T>(x0, k * dw), stride), v1 = loadColumns<T>(at<T>(x1, k * dw), stride);
        const wins0 = v128.or(v128.gt<T>(v0, best0), v128.ne<T>(v0, v0)); // v ≠ v: NaN
        const wins1 = v128.or(v128.gt<T>(v1, best1), v128.ne<T>(v1, v1));
        best0 = selectLanes<T>(v0, best0, wins0);
        best1 = selectLanes<T>(v1, best1, wins1);
        a0 = selectLanes<T>(indices, a0, wins0);
        a1 = selectLanes<T>(indices, a1, wins1);
        indices = addIndices<T>(indices, nextPlace);
      }
      k = 0;
      indices = rowIndices = addIndices<T>(rowIndices, nextRow);
      x0 = at<T>(x0, dh * W);
      x1 = at<T>(x1, dh * W);
    } while (--r);
    v128.store(at<T>(out, i0), best0);
    v128.store(at<T>(out, i1), best1);
    storeIndices<T>(at<i32>(argmax, i0), a0);
    storeIndices<T>(at<i32>(argmax, i1), addIndices<T>(a1, splatIndex<T>((i1 - i0) * stride)));
  }
}

/** The same for 2×2 places, `below` elements apart from row to row, and a stride of 2. */
function maxOfQuads<T>(out: usize, argmax: usize, x: usize, index: i32, count: i32, below: i32): void {
  const ramp = rampOfIndices<T>(2), one = splatIndex<T>(1), nextRow = splatIndex<T>(below);
  for (let i = 0; i < count; i += lanes<T>()) {
    const i0 = min(i, count - lanes<T>()), top = at<T>(x, 2 * i0), bottom = at<T>(top, below);
    const t0 = v128.load(top), t1 = v128.load(top, 16), b0 = v128.load(bottom), b1 = v128.load(bottom, 16);
    let a = addIndices<T>(ramp, splatIndex<T>(index + 2 * i0)), indices = addIndices<T>(a, one);
    let best = evens<T>(t0, t1), v = odds<T>(t0, t1);
    let wins = v128.or(v128.gt<T>(v, best), v128.ne<T>(v, v));
    best = selectLanes<T>(v, best, wins);
    const below0 = addIndices<T>(a, nextRow);
    a = selectLanes<T>(indices, a, wins);
    v = evens<T>(b0, b1);
    wins = v128.or(v128.gt<T>(v, best), v128.ne<T>(v, v));
    best = selectLanes<T>(v, best, wins);
    a = selectLanes<T>(below0, a, wins);
    v = odds<T>(b0, b1);
    wins = v128.or(v128.gt<T>(v, best), v128.ne<T>(v, v));
    v128.store(at<T>(out, i0), selectLanes<T>(v, best, wins));
    indices = addIndices<T>(below0, one);
    storeIndices<T>(at<i32>(argmax, i0), selectLanes<T>(indices, a, wins));
  }
}

// Indices in lanes as wide as the values', so that one mask selects both: i32x4 beside f32, i64x2 beside f64.

/** 0, step, 2·step, … */
// @ts-ignore: decorator
@inline
function rampOfIndices<T>(step: i32): v128 {
  if (sizeof<T>() == 8) return i64x2.mul(i64x2(0, 1), i64x2.splat(step));
  return i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step));
}

// @ts-ignore: decorator
@inline
function splatIndex<T>(index: i32): v128 {
  return sizeof<T>() == 8 ? i64x2.splat(index) : i32x4.splat(index);
}

// @ts-ignore: decorator
@inline
function addIndices<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8 ? i64x2.add(a, b) : i32x4.add(a, b);
}

/** Writes one i32 per lane. */
// @ts-ignore: decorator
@inline
function storeIndices<T>(to: usize, indices: v128): void {
  if (sizeof<T>() == 8) v128.store64_lane(to, v128.shuffle<i32>(indices, indices, 0, 2, 0, 2), 0);
  else v128.store(to, indices);
}
