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
// dx is cleared first, since windows overlap; where they are 2×2 places beside each other, each place is written once.
//
// In f32, output columns whose whole window lies in the input are done by vectors, the others one by one.

import { areFar, readAhead } from '../lib/ahead';
import { adaptiveEnd, adaptiveStart, areQuads, endInside, firstInside, firstPlace, placesBefore } from '../lib/axis';
import { evens, loadColumns, odds, zipHigh, zipLow } from '../lib/columns';
import { select } from '../lib/float';
import { fill } from '../lib/rows';
import { at, lanes, zero } from '../lib/simd';

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
  const quads = sizeof<T>() == 4 && areQuads(H, W, OH, OW, KH, KW, strideH, strideW, padH, padW)
    && dilationH == 1 && dilationW == 1 && OW >= lanes<T>();
  const far = areFar<T>(W, strideH, (end - begin) * H * W);
  for (let plane = begin; plane < end; plane++) {
    const xPlane = at<T>(x, plane * H * W);
    if (quads) {
      maxOfQuads<T>(at<T>(out, plane * OH * OW), at<i32>(argmax, plane * OH * OW), xPlane, W, OH, OW, far);
      continue;
    }
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * strideH - padH;
      const h = firstPlace(top, dilationH), rows = placesBefore(min(top + spanH, H), h, dilationH);
      if (far) readAhead<T>(xPlane, top + spanH, strideH, H, W);
      const stop = rows ? hi : lo; // no vectors where no row of the windows lies in the input
      for (let ow = 0; ow < OW; ) {
        const to = (plane * OH + oh) * OW + ow, left = ow * strideW - padW;
        const outs = at<T>(out, to), args = at<i32>(argmax, to);
        // f64 is there for checking gradients, so size counts.
        if (sizeof<T>() == 4 && ow == lo && lo < stop) {
          const index = h * W + left, from = at<T>(xPlane, index), count = stop - lo;
          // A constant stride makes a loop of its own (measured).
          if (strideW == 1) maxOfRow<T>(outs, args, from, index, count, W, rows, KW, dilationH, dilationW, 1);
          else if (strideW == 2) maxOfRow<T>(outs, args, from, index, count, W, rows, KW, dilationH, dilationW, 2);
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

/**
 * Planes [begin, end), for both max forwards: dx, of inSize elements a plane; dout, argmax: of outSize.
 * quadsW: W where windows are 2×2 places beside each other that all lie in the input, else 0.
 */
// @ts-ignore: decorator
@parallel(0.1 * inSize + 1.0 * outSize)
export function maxPool2dBackward<T>(
  dx: usize,
  dout: usize, argmax: usize,
  inSize: i32, outSize: i32, quadsW: i32, begin: i32, end: i32,
): void {
  const quads = sizeof<T>() == 4 && quadsW >= 24; // in narrow planes one by one is faster (measured)
  const far = areFar<T>(quadsW, 2, (end - begin) * inSize);
  for (let plane = begin; plane < end; plane++) {
    const dxPlane = at<T>(dx, plane * inSize);
    if (quads) {
      const to = plane * outSize;
      returnToQuads<T>(dxPlane, at<T>(dout, to), at<i32>(argmax, to), inSize, outSize, quadsW, far);
      continue;
    }
    fill<T>(dxPlane, 0, 0, inSize);
    for (let o = plane * outSize, stop = o + outSize; o < stop; o++) {
      const a = load<i32>(at<i32>(argmax, o));
      if (<u32>a >= <u32>inSize) continue; // −1: an empty window
      const to = at<T>(dxPlane, a);
      store<T>(to, load<T>(to) + load<T>(at<T>(dout, o)));
    }
  }
}

/**
 * y and a of the window of rows × columns places, dh and dw apart, from (h, w) on; of an empty one −∞ and −1. In all lanes alike:
 * branches on values would be guessed wrong (measured: up to three times the time).
 */
function maxOfWindow<T>(
  out: usize, argmax: usize,
  x: usize, W: i32, h: i32, w: i32, rows: i32, columns: i32, dh: i32, dw: i32,
): void {
  let best = v128.splat<T>(<T>-Infinity), a = splatIndex<T>(-1);
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < columns; k++) {
      const index = (h + r * dh) * W + w + k * dw, v = v128.load_splat<T>(at<T>(x, index));
      // The first place wins, also with −∞.
      const wins = r + k ? winsOver<T>(v, best) : splatIndex<T>(-1);
      best = select(wins, v, best);
      a = select(wins, splatIndex<T>(index), a);
    }
  }
  store<T>(out, v128.extract_lane<T>(best, 0));
  store<i32>(argmax, v128.extract_lane<i32>(a, 0));
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
  const nextPlace = i32x4.splat(dw), nextRow = i32x4.splat(dh * W), ramp = rampOfIndices(stride);
  for (let i = 0; i < count; i += 2 * lanes<T>()) {
    const i0 = min(i, count - lanes<T>()), i1 = min(i + lanes<T>(), count - lanes<T>());
    let x0 = at<T>(x, i0 * stride), x1 = at<T>(x, i1 * stride);
    // Indices are those of the first vector's windows; the second's follow in the end.
    let rowIndices = i32x4.add(ramp, i32x4.splat(index + i0 * stride));
    let best0 = loadColumns<T>(x0, stride), a0 = rowIndices;
    let best1 = loadColumns<T>(x1, stride), a1 = rowIndices;
    let indices = i32x4.add(rowIndices, nextPlace);
    let k = 1; // the window's first place is taken already
    let r = rows;
    do {
      for (; k < columns; k++) {
        const v0 = loadColumns<T>(at<T>(x0, k * dw), stride), v1 = loadColumns<T>(at<T>(x1, k * dw), stride);
        const wins0 = winsOver<T>(v0, best0), wins1 = winsOver<T>(v1, best1);
        best0 = select(wins0, v0, best0);
        best1 = select(wins1, v1, best1);
        a0 = select(wins0, indices, a0);
        a1 = select(wins1, indices, a1);
        indices = i32x4.add(indices, nextPlace);
      }
      k = 0;
      indices = rowIndices = i32x4.add(rowIndices, nextRow);
      x0 = at<T>(x0, dh * W);
      x1 = at<T>(x1, dh * W);
    } while (--r);
    v128.store(at<T>(out, i0), best0);
    v128.store(at<T>(out, i1), best1);
    v128.store(at<i32>(argmax, i0), a0);
    v128.store(at<i32>(argmax, i1), i32x4.add(a1, i32x4.splat((i1 - i0) * stride)));
  }
}

/** y and a for OH rows of OW ≥ lanes windows of 2×2 places beside each other: the winners of both rows, then of these. */
function maxOfQuads<T>(out: usize, argmax: usize, x: usize, W: i32, OH: i32, OW: i32, far: bool): void {
  const below = i32x4.splat(W), row: i32 = W << alignof<T>(), toArgmax = argmax - out;
  for (let h = 0; h < 2 * OH; h += 2) {
    if (far) readAhead<T>(x, h + 2, 2, 2 * OH, W);
    let top = x + h * row, indices = i32x4.add(rampOfIndices(2), i32x4.splat(h * W));
    for (let left = OW; left > 0; left -= lanes<T>()) {
      if (left < lanes<T>()) { // The last vector steps back, to end with the row.
        const back = lanes<T>() - left;
        top -= at<T>(0, 2 * back);
        out -= at<T>(0, back);
        indices = i32x4.sub(indices, i32x4.splat(2 * back));
      }
      const bottom = top + row;
      const t0 = v128.load(top), t1 = v128.load(top, 16), b0 = v128.load(bottom), b1 = v128.load(bottom, 16);
      const topEven = evens<T>(t0, t1), topOdd = odds<T>(t0, t1), topWins = winsOver<T>(topOdd, topEven);
      const even = evens<T>(b0, b1), odd = odds<T>(b0, b1), oddWins = winsOver<T>(odd, even);
      const upper = select(topWins, topOdd, topEven), lower = select(oddWins, odd, even);
      const wins = winsOver<T>(lower, upper);
      v128.store(out, select(wins, lower, upper));
      // Where a place wins, its mask is −1.
      const index = i32x4.add(indices, v128.and(wins, below));
      v128.store(out + toArgmax, i32x4.sub(index, select(wins, oddWins, topWins)));
      top += 32;
      out += 16;
      indices = i32x4.add(indices, i32x4.splat(2 * lanes<T>()));
    }
  }
}

/**
 * dx of a plane whose windows are 2×2 places beside each other: each place looks whether it is its window's a. Where it is far, row by
 * row, as memory lies.
 */
function returnToQuads<T>(dx: usize, dout: usize, argmax: usize, inSize: i32, outSize: i32, W: i32, far: bool): void {
  const OW = W >> 1, rows = outSize / OW * 2, row: i32 = W << alignof<T>(), toArgmax = argmax - dout;
  const below = i32x4.splat(W), after = i32x4.splat(W + 1);
  for (let h = 0; h < rows; h += 2 - i32(far)) {
    let to = dx + h * row, from = at<T>(dout, (h >> 1) * OW), indices = i32x4.add(rampOfIndices(2), i32x4.splat(h * W));
    for (let left = OW; left > 0; left -= lanes<T>()) {
      if (left < lanes<T>()) { // The last vector steps back, to end with the row.
        const back = lanes<T>() - left;
        to -= at<T>(0, 2 * back);
        from -= at<T>(0, back);
        indices = i32x4.sub(indices, i32x4.splat(2 * back));
      }
      const dy = v128.add<T>(v128.load(from), zero()); // −0 becomes 0, as in a sum
      const a = i32x4.sub(v128.load(from + toArgmax), indices);
      const even = v128.and(dy, i32x4.eq(a, zero())), odd = v128.and(dy, i32x4.eq(a, i32x4.splat(1)));
      v128.store(to, zipLow<T>(even, odd));
      v128.store(to, zipHigh<T>(even, odd), 16);
      if (!far) {
        const evenBelow = v128.and(dy, i32x4.eq(a, below)), oddBelow = v128.and(dy, i32x4.eq(a, after));
        v128.store(to + row, zipLow<T>(evenBelow, oddBelow));
        v128.store(to + row, zipHigh<T>(evenBelow, oddBelow), 16);
      }
      to += 32;
      from += 16;
      indices = i32x4.add(indices, i32x4.splat(2 * lanes<T>()));
    }
    if (W & 1) {
      store<T>(to, 0);
      if (!far) store<T>(to + row, 0);
    }
  }
  fill<T>(dx, 0, rows * W, inSize);
}

/** Where v, which comes later, wins over the best so far. */
// @ts-ignore: decorator
@inline
function winsOver<T>(v: v128, best: v128): v128 {
  return v128.or(v128.gt<T>(v, best), v128.ne<T>(v, v)); // v ≠ v: NaN
}

/** An index in every lane, in lanes as wide as the values', so that one mask selects both. */
// @ts-ignore: decorator
@inline
function splatIndex<T>(index: i32): v128 {
  return sizeof<T>() == 8 ? i64x2.splat(index) : i32x4.splat(index);
}

/** 0, step, 2·step, 3·step. */
// @ts-ignore: decorator
@inline
function rampOfIndices(step: i32): v128 {
  return i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step));
}
