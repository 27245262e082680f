// Pooling over planes x[H, W] → y[OH, OW], one for each image and channel (PyTorch's MaxPool2d, AvgPool2d and their
// adaptive forms). Window o of an axis with stride s, padding p, dilation d and kernel size K takes the places
//
//   o·s − p + k·d,  k = 0 … K − 1,   those of them that lie in the input; an adaptive one [⌊o·H/OH⌋, ⌈(o + 1)·H/OH⌉).
//
//   max   forward    y = x[a],  a = argmax over the window: the first of equal maxima in row-major order; NaN counts
//                    as more than anything, and the last NaN wins. Padding never wins, not even against −∞.
//         backward   dx[a] += dy
//   avg   forward    y = Σ x / n,  n = the places of the window: those in the input, or in the padded input
//         backward   dx += dy / n  over the window;
//                    by columns: dx[h, w] = Σ c[oh, w] over the oh whose windows hold row h,
//                                c[oh, w] = Σ dy[oh, ow] / n over the ow whose windows hold column w
//
// Forward saves a, the index h·W + w within the plane, for backward; −1 where dilation lets a window miss the input.
// dx is cleared first, since windows overlap.
//
// Output columns whose whole window lies in the input are done a vector at a time, the others one by one.

import { adaptiveEnd, adaptiveStart, counted, endInside, firstInside, firstPlace, placesBefore } from '../lib/axis';
import { loadColumns } from '../lib/columns';
import { fill } from '../lib/rows';
import { at, lanes, loadLanes, selectLanes, storeLanes, sumLanes, zero } from '../lib/simd';

/** Planes [begin, end). out, argmax (i32): [planes, OH, OW]; x: [planes, H, W]. */
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
        const inside = ow >= lo && ow < stop;
        if (inside) ow = min(ow, stop - lanes<T>()); // the last vector steps back, to end with the columns inside
        const to = (plane * OH + oh) * OW + ow, left = ow * strideW - padW;
        const outs = at<T>(out, to), args = at<i32>(argmax, to);
        if (inside) {
          const index = h * W + left, from = at<T>(xPlane, index);
          // A constant stride makes a loop of its own (measured).
          if (strideW == 1) maxOfWindows<T>(outs, args, from, index, W, rows, KW, dilationH, dilationW, 1);
          else if (strideW == 2) maxOfWindows<T>(outs, args, from, index, W, rows, KW, dilationH, dilationW, 2);
          else maxOfWindows<T>(outs, args, from, index, W, rows, KW, dilationH, dilationW, strideW);
          ow += lanes<T>();
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

/** Planes [begin, end). out: [planes, OH, OW]; x: [planes, H, W]; divisor: n for every window, or 0. */
export function avgPool2dForward<T>(
  out: usize,
  x: usize,
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  strideH: i32, strideW: i32, padH: i32, padW: i32, countIncludePad: i32, divisor: f64,
  begin: i32, end: i32,
): void {
  const lo = firstInside(padW, strideW, OW), hi = endInside<T>(lo, W, KW, strideW, padW);
  for (let plane = begin; plane < end; plane++) {
    const xPlane = at<T>(x, plane * H * W);
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * strideH - padH;
      const h0 = max(top, 0), h1 = min(top + KH, H);
      const rows = counted(top, KH, H, padH, countIncludePad);
      const o = (plane * OH + oh) * OW;
      for (let ow = 0; ow < OW; ) {
        if (ow >= lo && ow < hi) {
          ow = min(ow, hi - lanes<T>()); // the last vector steps back, to end with the columns inside
          const from = at<T>(xPlane, h0 * W + ow * strideW - padW);
          const sum = strideW == 1 ? sumOfWindows<T>(from, W, h1 - h0, KW, 1)
            : strideW == 2 ? sumOfWindows<T>(from, W, h1 - h0, KW, 2)
            : sumOfWindows<T>(from, W, h1 - h0, KW, strideW);
          v128.store(at<T>(out, o + ow), v128.div<T>(sum, v128.splat<T>(divisorOf<T>(divisor, rows, KW))));
          ow += lanes<T>();
        } else {
          const left = ow * strideW - padW;
          const sum = sumOfWindow<T>(xPlane, W, h0, h1, max(left, 0), min(left + KW, W));
          const columns = counted(left, KW, W, padW, countIncludePad);
          store<T>(at<T>(out, o + ow), sum / divisorOf<T>(divisor, rows, columns));
          ow++;
        }
      }
    }
  }
}

/** Planes [begin, end): dx. dx: [planes, H, W]; dout: [planes, OH, OW]; divisor: n for every window, or 0. */
export function avgPool2dBackward<T>(
  dx: usize,
  dout: usize,
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  strideH: i32, strideW: i32, padH: i32, padW: i32, countIncludePad: i32, divisor: f64,
  begin: i32, end: i32,
): void {
  const lo = firstInside(padW, strideW, OW), hi = endInside<T>(lo, W, KW, strideW, padW);
  const byColumn = hi > lo && (strideW == 1 || (strideW == 2 && KW == 2));
  // The columns of dx that only windows within [lo, hi) hold: those go by vectors.
  const first = lo * strideW + KW - strideW - padW, stop = hi * strideW - padW;
  for (let plane = begin; plane < end; plane++) {
    const dxPlane = at<T>(dx, plane * H * W);
    fill<T>(dxPlane, 0, 0, H * W);
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * strideH - padH;
      const h0 = max(top, 0), h1 = min(top + KH, H);
      const rows = counted(top, KH, H, padH, countIncludePad);
      const doutRow = at<T>(dout, (plane * OH + oh) * OW);
      if (!byColumn) {
        for (let ow = 0; ow < OW; ow++) {
          const left = ow * strideW - padW;
          const columns = counted(left, KW, W, padW, countIncludePad);
          const share = load<T>(at<T>(doutRow, ow)) / divisorOf<T>(divisor, rows, columns);
          addToWindow<T>(dxPlane, share, W, h0, h1, max(left, 0), min(left + KW, W));
        }
        continue;
      }
      for (let w = 0; w < W; ) {
        if (w >= first && w < stop) {
          const sum = sumOfHolding<T>(doutRow, w + padW, KW, strideW, stop - w);
          const c = v128.div<T>(sum, v128.splat<T>(divisorOf<T>(divisor, rows, KW)));
          for (let h = h0; h < h1; h++) addLanes<T>(at<T>(dxPlane, h * W + w), c, stop - w);
          w += min(lanes<T>(), stop - w);
        } else {
          let c: T = 0;
          const ow1 = min((w + padW) / strideW + 1, OW);
          for (let ow = firstInside(w + padW - KW + 1, strideW, OW); ow < ow1; ow++) {
            const columns = counted(ow * strideW - padW, KW, W, padW, countIncludePad);
            c += load<T>(at<T>(doutRow, ow)) / divisorOf<T>(divisor, rows, columns);
          }
          addToWindow<T>(dxPlane, c, W, h0, h1, w, w + 1);
          w++;
        }
      }
    }
  }
}

/** Planes [begin, end). out: [planes, OH, OW]; x: [planes, H, W]. */
export function adaptiveAvgPool2dForward<T>(
  out: usize,
  x: usize,
  H: i32, W: i32, OH: i32, OW: i32, begin: i32, end: i32,
): void {
  for (let plane = begin; plane < end; plane++) {
    const xPlane = at<T>(x, plane * H * W);
    for (let oh = 0; oh < OH; oh++) {
      const h0 = adaptiveStart(oh, H, OH), h1 = adaptiveEnd(oh, H, OH);
      for (let ow = 0; ow < OW; ow++) {
        const w0 = adaptiveStart(ow, W, OW), w1 = adaptiveEnd(ow, W, OW);
        const sum = sumOfWindow<T>(xPlane, W, h0, h1, w0, w1);
        store<T>(at<T>(out, (plane * OH + oh) * OW + ow), sum / divisorOf<T>(0, h1 - h0, w1 - w0));
      }
    }
  }
}

/** Planes [begin, end): dx. dx: [planes, H, W]; dout: [planes, OH, OW]. */
export function adaptiveAvgPool2dBackward<T>(
  dx: usize,
  dout: usize,
  H: i32, W: i32, OH: i32, OW: i32, begin: i32, end: i32,
): void {
  for (let plane = begin; plane < end; plane++) {
    const dxPlane = at<T>(dx, plane * H * W);
    if (OH * OW == 1) { // The window is the plane.
      fill<T>(dxPlane, load<T>(at<T>(dout, plane)) / divisorOf<T>(0, H, W), 0, H * W);
      continue;
    }
    fill<T>(dxPlane, 0, 0, H * W);
    for (let oh = 0; oh < OH; oh++) {
      const h0 = adaptiveStart(oh, H, OH), h1 = adaptiveEnd(oh, H, OH);
      for (let ow = 0; ow < OW; ow++) {
        const w0 = adaptiveStart(ow, W, OW), w1 = adaptiveEnd(ow, W, OW);
        const dy = load<T>(at<T>(dout, (plane * OH + oh) * OW + ow));
        addToWindow<T>(dxPlane, dy / divisorOf<T>(0, h1 - h0, w1 - w0), W, h0, h1, w0, w1);
      }
    }
  }
}

/** n. */
// @ts-ignore: decorator
@inline
function divisorOf<T>(divisor: f64, rows: i32, columns: i32): T {
  return <T>(divisor != 0 ? divisor : <f64>rows * <f64>columns);
}

/** y and a of the window of rows × columns places, dh and dw apart, from (h, w) on; of an empty one −∞ and −1. */
function maxOfWindow<T>(
  out: usize, argmax: usize,
  x: usize, W: i32, h: i32, w: i32, rows: i32, columns: i32, dh: i32, dw: i32,
): void {
  if (rows > 0 && columns > 0) {
    const index = h * W + w;
    maxOfWindows<T>(out, argmax, at<T>(x, index), index, W, rows, columns, dh, dw, 0);
  } else {
    store<T>(out, <T>-Infinity);
    store<i32>(argmax, -1);
  }
}

/**
 * y and a for a vector of windows, each `stride` columns further, which all lie within the plane's columns; for
 * stride 0 of one window, whose every place fills a vector: a scalar loop's branches cannot be foreseen (measured).
 * x: the first place of the first window, at `index` in its plane.
 */
// @ts-ignore: decorator
@inline
function maxOfWindows<T>(
  out: usize, argmax: usize,
  x: usize, index: i32, W: i32, rows: i32, columns: i32, dh: i32, dw: i32, stride: i32,
): void {
  const nextPlace = splatIndex<T>(dw), nextRow = splatIndex<T>(dh * W);
  let rowIndices = addIndices<T>(rampOfIndices<T>(stride), splatIndex<T>(index));
  let best = loadColumns<T>(x, stride), a = rowIndices;
  let indices = addIndices<T>(rowIndices, nextPlace);
  let k = 1; // the window's first place is taken already
  do {
    for (; k < columns; k++) {
      const value = loadColumns<T>(at<T>(x, k * dw), stride);
      const wins = v128.or(v128.gt<T>(value, best), v128.ne<T>(value, value)); // value ≠ value: NaN
      best = selectLanes<T>(value, best, wins);
      a = selectLanes<T>(indices, a, wins);
      indices = addIndices<T>(indices, nextPlace);
    }
    k = 0;
    indices = rowIndices = addIndices<T>(rowIndices, nextRow);
    x = at<T>(x, dh * W);
  } while (--rows);
  if (stride) {
    v128.store(out, best);
    storeIndices<T>(argmax, a);
  } else {
    store<T>(out, v128.extract_lane<T>(best, 0));
    store<i32>(argmax, i32x4.extract_lane(a, 0));
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

/** Σ x over rows [h0, h1) and columns [w0, w1) of the plane x. */
function sumOfWindow<T>(x: usize, W: i32, h0: i32, h1: i32, w0: i32, w1: i32): T {
  if (w1 - w0 == W) {
    // Whole rows lie one behind the other: one long row.
    w0 = h0 * W;
    w1 = h1 * W;
    h0 = 0;
    h1 = 1;
  }
  let vectors = zero();
  let rest: T = 0;
  for (let h = h0; h < h1; h++) {
    let w = w0;
    for (; w + lanes<T>() <= w1; w += lanes<T>()) vectors = v128.add<T>(vectors, v128.load(at<T>(x, h * W + w)));
    for (; w < w1; w++) rest += load<T>(at<T>(x, h * W + w));
  }
  return <T>(sumLanes<T>(vectors) + rest);
}

/** Σ x over `rows` rows of KW places, for a vector of windows, each `stride` columns further; x: the first place. */
// @ts-ignore: decorator
@inline
function sumOfWindows<T>(x: usize, W: i32, rows: i32, KW: i32, stride: i32): v128 {
  let sum = zero();
  do {
    let from = x;
    let k = KW;
    do {
      sum = v128.add<T>(sum, loadColumns<T>(from, stride));
      from += sizeof<T>();
    } while (--k);
    x = at<T>(x, W);
  } while (--rows);
  return sum;
}

/** x += value over rows [h0, h1) and columns [w0, w1) of the plane x. */
function addToWindow<T>(x: usize, value: T, W: i32, h0: i32, h1: i32, w0: i32, w1: i32): void {
  if (w1 - w0 == W) {
    w0 = h0 * W;
    w1 = h1 * W;
    h0 = 0;
    h1 = 1;
  }
  const values = v128.splat<T>(value);
  for (let h = h0; h < h1; h++) {
    let w = w0;
    for (; w + lanes<T>() <= w1; w += lanes<T>()) {
      const to = at<T>(x, h * W + w);
      v128.store(to, v128.add<T>(v128.load(to), values));
    }
    for (; w < w1; w++) {
      const to = at<T>(x, h * W + w);
      store<T>(to, load<T>(to) + value);
    }
  }
}

/**
 * Σ dy over the windows that hold column w, for a vector of columns from w on; w counts from the padding's start.
 * For stride 1, or for stride 2 and KW = 2 with w even. Reads only windows that hold one of the `left` columns.
 */
// @ts-ignore: decorator
@inline
function sumOfHolding<T>(dout: usize, w: i32, KW: i32, stride: i32, left: i32): v128 {
  if (stride == 2) {
    const dy = loadLanes<T>(at<T>(dout, w >> 1), left >> 1);
    return sizeof<T>() == 8 ? v128.shuffle<f64>(dy, dy, 0, 0) : v128.shuffle<f32>(dy, dy, 0, 0, 1, 1);
  }
  let sum = zero();
  for (let ow = w - KW + 1; ow <= w; ow++) sum = v128.add<T>(sum, loadLanes<T>(at<T>(dout, ow), left));
  return sum;
}

// @ts-ignore: decorator
@inline
function addLanes<T>(to: usize, v: v128, left: i32): void {
  storeLanes<T>(to, v128.add<T>(loadLanes<T>(to, left), v), left);
}
