// Average pooling over planes x[H, W] → y[OH, OW], one for each image and channel (PyTorch's AvgPool2d and its adaptive
// form). Window o of an axis with stride s, padding p and kernel size K takes the places
//
//   o·s − p + k,  k = 0 … K − 1,   those of them that lie in the input; an adaptive one [⌊o·H/OH⌋, ⌈(o + 1)·H/OH⌉).
//
//   forward    y = Σ x / n,  n = the places of the window: those in the input, or in the padded input
//   backward   dx += dy / n  over the window, dx cleared first;
//              by columns: dx[h, w] = Σ c[oh, w] over the oh whose windows hold row h,
//                          c[oh, w] = Σ dy[oh, ow] / n over the ow whose windows hold column w
//
// Columns of y whose whole window lies in the input, and columns of dx that only such windows hold, are done by vectors,
// the others one by one.

import { adaptiveEnd, adaptiveStart, counted, endInside, firstInside } from '../lib/axis';
import { evens, loadColumns, odds, twiceHigh, twiceLow } from '../lib/columns';
import { fill } from '../lib/rows';
import { at, lanes, loadLanes, storeLanes, sumLanes, zero } from '../lib/simd';

/** Planes [begin, end). out: [planes, OH, OW]; x: [planes, H, W]; divisor: n for every window, or 0. */
// @ts-ignore: decorator
@parallel(0.3 * OH * OW * KH * KW)
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
        const left = ow * strideW - padW, to = at<T>(out, o + ow);
        if (ow == lo && lo < hi) {
          const from = at<T>(xPlane, h0 * W + left), n = divisorOf<T>(divisor, rows, KW);
          if (sizeof<T>() == 4 && strideW == 2 && KW == 2 && h1 - h0 == 2) averagesOfQuads<T>(to, from, n, hi - lo, W);
          else if (sizeof<T>() == 4 && strideW == 1) averagesOfRow<T>(to, from, n, hi - lo, W, h1 - h0, KW, 1);
          else if (sizeof<T>() == 4 && strideW == 2) averagesOfRow<T>(to, from, n, hi - lo, W, h1 - h0, KW, 2);
          else averagesOfRow<T>(to, from, n, hi - lo, W, h1 - h0, KW, strideW);
          ow = hi;
        } else {
          const sum = sumOfWindow<T>(xPlane, W, h0, h1, max(left, 0), min(left + KW, W));
          const columns = counted(left, KW, W, padW, countIncludePad);
          store<T>(to, sum / divisorOf<T>(divisor, rows, columns));
          ow++;
        }
      }
    }
  }
}

/** Planes [begin, end): dx. dx: [planes, H, W]; dout: [planes, OH, OW]; divisor: n for every window, or 0. */
// @ts-ignore: decorator
@parallel(0.3 * OH * OW * KH * KW + 0.1 * H * W)
export function avgPool2dBackward<T>(
  dx: usize,
  dout: usize,
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  strideH: i32, strideW: i32, padH: i32, padW: i32, countIncludePad: i32, divisor: f64,
  begin: i32, end: i32,
): void {
  const lo = firstInside(padW, strideW, OW), hi = endInside<T>(lo, W, KW, strideW, padW);
  const byColumn = hi > lo && (strideW == 1 || (strideW == 2 && KW == 2));
  const quads = sizeof<T>() == 4 && (KH & KW & strideH & strideW) == 2 && (KH | KW | strideH | strideW) == 2
    && (padH | padW) == 0 && 2 * OH <= H && 2 * OW <= W;
  // The columns of dx that only windows within [lo, hi) hold: those go by vectors.
  const first = lo * strideW + KW - strideW - padW, stop = hi * strideW - padW;
  for (let plane = begin; plane < end; plane++) {
    const dxPlane = at<T>(dx, plane * H * W);
    if (quads) {
      spreadOverQuads<T>(dxPlane, at<T>(dout, plane * OH * OW), divisorOf<T>(divisor, 2, 2), H, W, OH, OW);
      continue;
    }
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
// @ts-ignore: decorator
@parallel(0.5 * (H * W + OH * OW))
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
// @ts-ignore: decorator
@parallel(0.5 * (H * W + OH * OW))
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

/**
 * out = Σ x / n over `rows` rows of KW places, for `count` ≥ lanes windows, each `stride` columns further; x: the first place
 * of the first. Two vectors at a time, as in maxOfRow.
 */
// @ts-ignore: decorator
@inline
function averagesOfRow<T>(out: usize, x: usize, n: T, count: i32, W: i32, rows: i32, KW: i32, stride: i32): void {
  const ns = v128.splat<T>(n);
  for (let i = 0; i < count; i += 2 * lanes<T>()) {
    const i0 = min(i, count - lanes<T>()), i1 = min(i + lanes<T>(), count - lanes<T>());
    let x0 = at<T>(x, i0 * stride), x1 = at<T>(x, i1 * stride);
    let sum0 = zero(), sum1 = zero();
    let r = rows;
    do {
      let k = 0;
      do {
        sum0 = v128.add<T>(sum0, loadColumns<T>(at<T>(x0, k), stride));
        sum1 = v128.add<T>(sum1, loadColumns<T>(at<T>(x1, k), stride));
      } while (++k < KW);
      x0 = at<T>(x0, W);
      x1 = at<T>(x1, W);
    } while (--r);
    v128.store(at<T>(out, i0), v128.div<T>(sum0, ns));
    v128.store(at<T>(out, i1), v128.div<T>(sum1, ns));
  }
}

/** The same for 2×2 places and a stride of 2. */
function averagesOfQuads<T>(out: usize, x: usize, n: T, count: i32, W: i32): void {
  const ns = v128.splat<T>(n);
  for (let i = 0; i < count; i += lanes<T>()) {
    const i0 = min(i, count - lanes<T>()), top = at<T>(x, 2 * i0), bottom = at<T>(top, W);
    const low = v128.add<T>(v128.load(top), v128.load(bottom));
    const high = v128.add<T>(v128.load(top, 16), v128.load(bottom, 16));
    v128.store(at<T>(out, i0), v128.div<T>(v128.add<T>(evens<T>(low, high), odds<T>(low, high)), ns));
  }
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

/** dx = dy / n over windows of 2×2 places beside each other, 0 in the row and column that may be left. */
function spreadOverQuads<T>(dx: usize, dout: usize, n: T, H: i32, W: i32, OH: i32, OW: i32): void {
  const ns = v128.splat<T>(n);
  for (let oh = 0; oh < OH; oh++) {
    const top = at<T>(dx, 2 * oh * W), bottom = at<T>(top, W), dy = at<T>(dout, oh * OW);
    let i = 0;
    for (; i <= OW - lanes<T>(); i += lanes<T>()) {
      const share = v128.div<T>(v128.load(at<T>(dy, i)), ns), low = twiceLow<T>(share), high = twiceHigh<T>(share);
      v128.store(at<T>(top, 2 * i), low, 0);
      v128.store(at<T>(top, 2 * i), high, 16);
      v128.store(at<T>(bottom, 2 * i), low, 0);
      v128.store(at<T>(bottom, 2 * i), high, 16);
    }
    for (i *= 2; i < W; i++) {
      const share: T = i < 2 * OW ? load<T>(at<T>(dy, i >> 1)) / n : 0;
      store<T>(at<T>(top, i), share);
      store<T>(at<T>(bottom, i), share);
    }
  }
  fill<T>(dx, 0, 2 * OH * W, H * W);
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
    return twiceLow<T>(dy);
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
