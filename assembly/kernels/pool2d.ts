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

import { adaptiveEnd, adaptiveStart, counted, endInside, firstInside, firstPlace } from '../lib/axis';
import { at, lanes, loadLanes, storeLanes, sumLanes, zero } from '../lib/simd';

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
      const h0 = firstPlace(top, dilationH), h1 = min(top + spanH, H);
      const o = (plane * OH + oh) * OW;
      const stop = h0 < h1 ? hi : lo; // no vectors where no row of the window lies in the input
      for (let ow = 0; ow < OW; ) {
        if (ow >= lo && ow < stop) {
          ow = min(ow, stop - lanes<T>()); // the last vector steps back, to end with the columns inside
          const w0 = ow * strideW - padW;
          maxOfWindows<T>(
            at<T>(out, o + ow), at<i32>(argmax, o + ow),
            xPlane, W, h0, h1, dilationH, w0, w0 + spanW, dilationW, strideW,
          );
          ow += lanes<T>();
        } else {
          const left = ow * strideW - padW;
          const w0 = firstPlace(left, dilationW), w1 = min(left + spanW, W);
          maxOfWindow<T>(at<T>(out, o + ow), at<i32>(argmax, o + ow), xPlane, W, h0, h1, dilationH, w0, w1, dilationW);
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
        maxOfWindow<T>(at<T>(out, o + ow), at<i32>(argmax, o + ow), xPlane, W, h0, h1, 1, w0, w1, 1);
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
    clear<T>(dxPlane, inSize);
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
          const sum = sumOfWindows<T>(at<T>(xPlane, ow * strideW - padW), W, h0, h1, KW, strideW);
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
    clear<T>(dxPlane, H * W);
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
    clear<T>(dxPlane, H * W);
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

/** y and a of the window at rows h0, h0 + dh, … < h1 and columns w0, w0 + dw, … < w1 of the plane x. */
function maxOfWindow<T>(
  out: usize, argmax: usize,
  x: usize, W: i32, h0: i32, h1: i32, dh: i32, w0: i32, w1: i32, dw: i32,
): void {
  let best = <T>-Infinity;
  let a = h0 < h1 && w0 < w1 ? h0 * W + w0 : -1;
  for (let h = h0; h < h1; h += dh) {
    for (let w = w0; w < w1; w += dw) {
      const value = load<T>(at<T>(x, h * W + w));
      if (value > best || isNaN<T>(value)) {
        best = value;
        a = h * W + w;
      }
    }
  }
  store<T>(out, best);
  store<i32>(argmax, a);
}

/** As maxOfWindow, for a vector of windows, each `stride` columns further: all must lie within the plane's columns. */
// @ts-ignore: decorator
@inline
function maxOfWindows<T>(
  out: usize, argmax: usize,
  x: usize, W: i32, h0: i32, h1: i32, dh: i32, w0: i32, w1: i32, dw: i32, stride: i32,
): void {
  const steps = rampOfIndices<T>(stride);
  let best = v128.splat<T>(<T>-Infinity);
  let a = addIndices<T>(steps, h0 * W + w0);
  for (let h = h0; h < h1; h += dh) {
    for (let w = w0; w < w1; w += dw) {
      const value = loadColumns<T>(at<T>(x, h * W + w), stride);
      const wins = v128.or(v128.gt<T>(value, best), v128.ne<T>(value, value)); // value ≠ value: NaN
      best = v128.bitselect(value, best, wins);
      a = v128.bitselect(addIndices<T>(steps, h * W + w), a, wins);
    }
  }
  v128.store(out, best);
  storeIndices<T>(argmax, a);
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
function addIndices<T>(indices: v128, index: i32): v128 {
  if (sizeof<T>() == 8) return i64x2.add(indices, i64x2.splat(index));
  return i32x4.add(indices, i32x4.splat(index));
}

/** Writes one i32 per lane. */
// @ts-ignore: decorator
@inline
function storeIndices<T>(to: usize, indices: v128): void {
  if (sizeof<T>() == 8) v128.store64_lane(to, v128.shuffle<i32>(indices, indices, 0, 2, 0, 2), 0);
  else v128.store(to, indices);
}

/** Every stride-th element from `from` on, one per lane. Reads nothing beyond the last of them. */
// @ts-ignore: decorator
@inline
function loadColumns<T>(from: usize, stride: i32): v128 {
  if (stride == 1) return v128.load(from);
  if (stride == 2) {
    const low = v128.load(from), high = v128.load(at<T>(from, lanes<T>() - 1));
    if (sizeof<T>() == 8) return v128.shuffle<f64>(low, high, 0, 3);
    return v128.shuffle<f32>(low, high, 0, 2, 5, 7);
  }
  if (sizeof<T>() == 8) return v128.load64_lane(at<T>(from, stride), v128.load64_zero(from), 1);
  let v = v128.load32_zero(from);
  v = v128.load32_lane(at<T>(from, stride), v, 1);
  v = v128.load32_lane(at<T>(from, 2 * stride), v, 2);
  return v128.load32_lane(at<T>(from, 3 * stride), v, 3);
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

/** Σ x over rows [h0, h1) and KW columns, for a vector of windows, each `stride` columns further; x: the first's. */
// @ts-ignore: decorator
@inline
function sumOfWindows<T>(x: usize, W: i32, h0: i32, h1: i32, KW: i32, stride: i32): v128 {
  let sum = zero();
  for (let h = h0; h < h1; h++) {
    for (let k = 0; k < KW; k++) sum = v128.add<T>(sum, loadColumns<T>(at<T>(x, h * W + k), stride));
  }
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

function clear<T>(x: usize, count: i32): void {
  for (let i = 0; i < count; i += lanes<T>()) storeLanes<T>(at<T>(x, i), zero(), count - i);
}
