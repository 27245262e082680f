// Average pooling over planes x[H, W] → y[OH, OW], one for each image and channel (PyTorch's AvgPool2d and its adaptive
// form). Window o of an axis with stride s, padding p and kernel size K takes the places
//
//   o·s − p + k,  k = 0 … K − 1,   those of them that lie in the input; an adaptive one [⌊o·H/OH⌋, ⌈(o + 1)·H/OH⌉).
//
//   forward    y = Σ x / n,  n = the places of the window: those in the input, or in the padded input
//   backward   dx += dy / n  over the window, dx cleared first;
//              or dx[h, w] = Σ (Σ dy[oh, ow]) / n  over the oh, then the ow, whose windows hold row h and column w
//
// Columns of y whose whole window lies in the input, and columns of dx that only such windows hold, are done by vectors,
// the others one by one.

import { adaptiveEnd, adaptiveStart, counted, endInside, firstInside } from '../lib/axis';
import { evens, loadColumns, odds, twice } from '../lib/columns';
import { fill } from '../lib/rows';
import { at, lanes, sumLanes, zero } from '../lib/simd';

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
export function avgPool2dBackward<T>(
  dx: usize,
  dout: usize,
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  strideH: i32, strideW: i32, padH: i32, padW: i32, countIncludePad: i32, divisor: f64,
  begin: i32, end: i32,
): void {
  const lo = firstInside(padW, strideW, OW), hi = endInside<T>(lo, W, KW, strideW, padW);
  // The columns of dx that only windows within [lo, hi) hold: those go by vectors.
  const first = lo * strideW + KW - strideW - padW, stop = hi * strideW - padW;
  const byVectors = stop - first >= lanes<T>() && (strideW == 1 || (strideW == 2 && KW == 2));
  const whole = divisorOf<T>(divisor, KH, KW);
  for (let plane = begin; plane < end; plane++) {
    const dxPlane = at<T>(dx, plane * H * W), doutPlane = at<T>(dout, plane * OH * OW);
    if (!byVectors) fill<T>(dxPlane, 0, 0, H * W);
    for (let oh = 0; oh < OH && !byVectors; oh++) {
      const top = oh * strideH - padH;
      const rows = counted(top, KH, H, padH, countIncludePad);
      for (let ow = 0; ow < OW; ow++) {
        const left = ow * strideW - padW;
        const columns = counted(left, KW, W, padW, countIncludePad);
        const share = load<T>(at<T>(doutPlane, oh * OW + ow)) / divisorOf<T>(divisor, rows, columns);
        addToWindow<T>(dxPlane, share, W, max(top, 0), min(top + KH, H), max(left, 0), min(left + KW, W));
      }
    }
    for (let h = 0; h < H && byVectors; h++) {
      const oh0 = firstInside(h + padH - KH + 1, strideH, OH), oh1 = min((h + padH) / strideH + 1, OH);
      for (let w = 0; w < W; ) {
        const to = at<T>(dxPlane, h * W + w);
        if (w == first) {
          for (let i = 0; i < stop - first; i += 2 * lanes<T>()) {
            const last = stop - first - lanes<T>(), i0 = min(i, last), i1 = min(i + lanes<T>(), last);
            let c0 = zero(), c1 = zero();
            for (let oh = oh0; oh < oh1; oh++) {
              const rows = counted(oh * strideH - padH, KH, H, padH, countIncludePad);
              const n = v128.splat<T>(rows == KH ? whole : divisorOf<T>(divisor, rows, KW));
              const from = at<T>(doutPlane, oh * OW);
              c0 = v128.add<T>(c0, v128.div<T>(sumOfHolding<T>(from, w + i0 + padW, KW, strideW), n));
              c1 = v128.add<T>(c1, v128.div<T>(sumOfHolding<T>(from, w + i1 + padW, KW, strideW), n));
            }
            v128.store(at<T>(to, i0), c0);
            v128.store(at<T>(to, i1), c1);
          }
          w = stop;
        } else {
          let c: T = 0;
          const ow0 = firstInside(w + padW - KW + 1, strideW, OW), ow1 = min((w + padW) / strideW + 1, OW);
          for (let oh = oh0; oh < oh1; oh++) {
            const rows = counted(oh * strideH - padH, KH, H, padH, countIncludePad);
            for (let ow = ow0; ow < ow1; ow++) {
              const columns = counted(ow * strideW - padW, KW, W, padW, countIncludePad);
              c += load<T>(at<T>(doutPlane, oh * OW + ow)) / divisorOf<T>(divisor, rows, columns);
            }
          }
          store<T>(to, c);
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

/**
 * Σ dy over the windows of a row that hold column w, for a vector of columns from w on; w counts from the padding's
 * start. For stride 1, or for stride 2 and KW = 2 with w even.
 */
// @ts-ignore: decorator
@inline
function sumOfHolding<T>(dout: usize, w: i32, KW: i32, stride: i32): v128 {
  if (stride == 2) return twice<T>(at<T>(dout, w >> 1));
  let sum = v128.load(at<T>(dout, w));
  for (let k = 1; k < KW; k++) sum = v128.add<T>(sum, v128.load(at<T>(dout, w - k)));
  return sum;
}
