// Average pooling over planes x[H, W] → y[OH, OW], one for each image and channel (PyTorch's AvgPool2d and its adaptive
// form). Window o of an axis with stride s, padding p and kernel size K takes the places
//
//   o·s − p + k,  k = 0 … K − 1,   those of them that lie in the input; an adaptive one [⌊o·H/OH⌋, ⌈(o + 1)·H/OH⌉).
//
//   forward    y = Σ x / n,  n = the places of the window: those in the input, or in the padded input
//   backward   dx = Σ dy / n  over the windows that hold the place
//
// n is a number of rows times a number of columns, n = r[oh]·c[ow], so both are done by columns first, then along the row:
//
//   forward    z[w] = Σ_h x[h, w]                              y[oh, ow] = Σ_k z[ow·s − p + k] / (r·c[ow])
//   backward   z[ow·s − p] = Σ_oh dy[oh, ow]·(KH/r[oh]) / (KH·c[ow])       dx[h, w] = Σ_k z[w − k]
//
// over the oh whose windows hold row h, and with KH/r = 1 where all rows count. z lies in the workspace between zeros, which
// stand for the padding forward and for the places between windows backward: so no column is an edge.

import { areFar, readAhead } from '../lib/ahead';
import { adaptiveEnd, adaptiveStart, areQuads, counted, firstInside } from '../lib/axis';
import { evens, loadColumns, odds, storeColumns, zipHigh, zipLow } from '../lib/columns';
import { fill } from '../lib/rows';
import { at, lanes, madd, sumLanes, zero } from '../lib/simd';

/** Bytes of workspace: n by columns and by rows, z with zeros on both sides, and what is read behind it. */
export function avgPool2dWorkspace<T>(W: i32, OH: i32, OW: i32, KW: i32, strideW: i32, padW: i32): f64 {
  return sizeof<T>() * (<f64>OW + <f64>OH + elementsOfZ(W, OW, KW, stepOf(OW, strideW), padW));
}

/** Forward reads padW + W or (OW − 1)·step + KW of them, backward KW − 1 more. A padding may be larger than memory. */
// @ts-ignore: decorator
@inline
function elementsOfZ(W: i32, OW: i32, KW: i32, step: i32, padW: i32): f64 {
  return <f64>padW + <f64>W + 2.0 * <f64>KW + <f64>OW * <f64>step;
}

/** The stride; 1 for a single window, to which it says nothing, and may be larger than memory. */
// @ts-ignore: decorator
@inline
function stepOf(OW: i32, strideW: i32): i32 {
  return OW > 1 ? strideW : 1;
}

/** Planes [begin, end). out: [planes, OH, OW]; x: [planes, H, W]; divisor: n for every window, or 0. */
// @ts-ignore: decorator
@parallel(0.08 * (H * W + OH * OW) * (KH + KW))
export function avgPool2dForward<T>(
  out: usize,
  x: usize, workspace: usize,
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  strideH: i32, strideW: i32, padH: i32, padW: i32, countIncludePad: i32, divisor: f64,
  begin: i32, end: i32,
): void {
  const quads = sizeof<T>() == 4 && areQuads(H, W, OH, OW, KH, KW, strideH, strideW, padH, padW);
  const z = at<T>(workspace, OW), step = stepOf(OW, strideW);
  const far = areFar<T>(W, strideH, (end - begin) * H * W);
  if (!quads) {
    writePlaces<T>(workspace, 1, divisor, OW, KW, W, strideW, padW, countIncludePad);
    fill<T>(z, 0, 0, <i32>elementsOfZ(W, OW, KW, step, padW));
  }
  for (let plane = begin; plane < end; plane++) {
    const xPlane = at<T>(x, plane * H * W);
    if (quads) {
      averagesOfQuads<T>(at<T>(out, plane * OH * OW), xPlane, <T>(divisor != 0 ? divisor : 4), W, OH, OW);
      continue;
    }
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * strideH - padH, h = max(top, 0), to = at<T>(out, (plane * OH + oh) * OW);
      if (far) readAhead<T>(xPlane, top + KH, strideH, H, W);
      sumOfRows<T>(at<T>(z, padW), at<T>(xPlane, h * W), min(top + KH, H) - h, W);
      const rows: T = divisor != 0 ? 1 : <T>counted(top, KH, H, padH, countIncludePad);
      // By vectors where they are quick, but for f64, which is there for checking gradients.
      let ow = 0;
      if (sizeof<T>() == 4 && step == 1) ow = averagesOfRow<T>(to, z, workspace, rows, OW, KW, 1);
      else if (sizeof<T>() == 4 && step == 2) ow = averagesOfRow<T>(to, z, workspace, rows, OW, KW, 2);
      for (; ow < OW; ow++) {
        store<T>(at<T>(to, ow), sumOfPlaces<T>(at<T>(z, ow * step), KW) / (rows * load<T>(at<T>(workspace, ow))));
      }
    }
  }
}

/** Planes [begin, end): dx. dx: [planes, H, W]; dout: [planes, OH, OW]; divisor: n for every window, or 0. */
// @ts-ignore: decorator
@parallel(0.08 * (H * W + OH * OW) * (KH + KW))
export function avgPool2dBackward<T>(
  dx: usize,
  dout: usize, workspace: usize,
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32,
  strideH: i32, strideW: i32, padH: i32, padW: i32, countIncludePad: i32, divisor: f64,
  begin: i32, end: i32,
): void {
  const quads = sizeof<T>() == 4 && areQuads(H, W, OH, OW, KH, KW, strideH, strideW, padH, padW);
  const weights = at<T>(workspace, OW), z = at<T>(weights, OH), step = stepOf(OW, strideW);
  const far = areFar<T>(W, strideH, (end - begin) * H * W);
  if (!quads) {
    writePlaces<T>(workspace, KH, divisor, OW, KW, W, strideW, padW, countIncludePad);
    writePlaces<T>(weights, 1, divisor != 0 ? <f64>KH : 0, OH, KH, H, strideH, padH, countIncludePad);
    for (let oh = 0; oh < OH; oh++) store<T>(at<T>(weights, oh), <T>KH / load<T>(at<T>(weights, oh)));
    fill<T>(z, 0, 0, <i32>elementsOfZ(W, OW, KW, step, padW));
  }
  for (let plane = begin; plane < end; plane++) {
    const dxPlane = at<T>(dx, plane * H * W), doutPlane = at<T>(dout, plane * OH * OW);
    if (quads) {
      spreadOverQuads<T>(dxPlane, doutPlane, <T>(divisor != 0 ? divisor : 4), H, W, OH, OW, far);
      continue;
    }
    for (let h = 0; h < H; h++) {
      const first = firstInside(h + padH - KH + 1, strideH, OH), rows = min((h + padH) / strideH + 1, OH) - first;
      shareOfRows<T>(at<T>(z, KW - 1), at<T>(doutPlane, first * OW), at<T>(weights, first), workspace, rows, OW, step);
      const to = at<T>(dxPlane, h * W), from = at<T>(z, padW);
      let w = 0;
      for (; w <= W - lanes<T>(); w += lanes<T>()) v128.store(at<T>(to, w), sumAlongRow<T>(at<T>(from, w), KW, 1));
      for (; w < W; w++) store<T>(at<T>(to, w), sumOfPlaces<T>(at<T>(from, w), KW));
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
        store<T>(at<T>(out, (plane * OH + oh) * OW + ow), sum / placesOf<T>(h1 - h0, w1 - w0));
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
      fill<T>(dxPlane, load<T>(at<T>(dout, plane)) / placesOf<T>(H, W), 0, H * W);
      continue;
    }
    fill<T>(dxPlane, 0, 0, H * W);
    for (let oh = 0; oh < OH; oh++) {
      const h0 = adaptiveStart(oh, H, OH), h1 = adaptiveEnd(oh, H, OH);
      for (let ow = 0; ow < OW; ow++) {
        const w0 = adaptiveStart(ow, W, OW), w1 = adaptiveEnd(ow, W, OW);
        const dy = load<T>(at<T>(dout, (plane * OH + oh) * OW + ow));
        addToWindow<T>(dxPlane, dy / placesOf<T>(h1 - h0, w1 - w0), W, h0, h1, w0, w1);
      }
    }
  }
}

/** n. */
// @ts-ignore: decorator
@inline
function placesOf<T>(rows: i32, columns: i32): T {
  return <T>(<f64>rows * <f64>columns);
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

/** The places that windows count along an axis, times `factor`; or `divisor`, unless it is 0. */
function writePlaces<T>(
  to: usize, factor: i32, divisor: f64, count: i32, K: i32, size: i32, stride: i32, pad: i32, includePad: i32,
): void {
  for (let o = 0; o < count; o++) {
    const places = <T>factor * <T>counted(o * stride - pad, K, size, pad, includePad);
    store<T>(at<T>(to, o), divisor != 0 ? <T>divisor : places);
  }
}

/** z[w] = Σ x over `rows` ≥ 1 rows of W places. */
function sumOfRows<T>(z: usize, x: usize, rows: i32, W: i32): void {
  let w = 0;
  for (; w <= W - lanes<T>(); w += lanes<T>()) {
    const from = at<T>(x, w);
    let sum = v128.load(from);
    if (sizeof<T>() == 4 && rows == 3) {
      sum = v128.add<T>(v128.add<T>(sum, v128.load(at<T>(from, W))), v128.load(at<T>(from, 2 * W)));
    } else {
      for (let r = 1; r < rows; r++) sum = v128.add<T>(sum, v128.load(at<T>(from, r * W)));
    }
    v128.store(at<T>(z, w), sum);
  }
  for (; w < W; w++) {
    let sum: T = 0;
    for (let r = 0; r < rows; r++) sum += load<T>(at<T>(x, r * W + w));
    store<T>(at<T>(z, w), sum);
  }
}

/** z[ow·stride] = Σ dy·weight / n over `rows` rows of OW windows. */
// @ts-ignore: decorator
@inline
function shareOfRows<T>(z: usize, dy: usize, weights: usize, n: usize, rows: i32, OW: i32, stride: i32): void {
  let ow = 0;
  for (; ow <= OW - lanes<T>(); ow += lanes<T>()) {
    const from = at<T>(dy, ow);
    let sum = zero();
    if (sizeof<T>() == 4 && rows == 3) {
      sum = v128.mul<T>(v128.load(from), v128.load_splat<T>(weights));
      sum = madd<T>(v128.load(at<T>(from, OW)), v128.load_splat<T>(at<T>(weights, 1)), sum);
      sum = madd<T>(v128.load(at<T>(from, 2 * OW)), v128.load_splat<T>(at<T>(weights, 2)), sum);
    } else {
      for (let r = 0; r < rows; r++) {
        sum = madd<T>(v128.load(at<T>(from, r * OW)), v128.load_splat<T>(at<T>(weights, r)), sum);
      }
    }
    storeColumns<T>(at<T>(z, ow * stride), v128.div<T>(sum, v128.load(at<T>(n, ow))), stride);
  }
  for (; ow < OW; ow++) {
    let sum: T = 0;
    for (let r = 0; r < rows; r++) sum += load<T>(at<T>(dy, r * OW + ow)) * load<T>(at<T>(weights, r));
    store<T>(at<T>(z, ow * stride), sum / load<T>(at<T>(n, ow)));
  }
}

/** Σ_k z[i·stride + k] for a vector of i. */
// @ts-ignore: decorator
@inline
function sumAlongRow<T>(z: usize, KW: i32, stride: i32): v128 {
  let sum = loadColumns<T>(z, stride);
  if (sizeof<T>() == 4 && KW == 3) {
    return v128.add<T>(v128.add<T>(sum, loadColumns<T>(at<T>(z, 1), stride)), loadColumns<T>(at<T>(z, 2), stride));
  }
  for (let k = 1; k < KW; k++) sum = v128.add<T>(sum, loadColumns<T>(at<T>(z, k), stride));
  return sum;
}

/** The same for one i. */
function sumOfPlaces<T>(z: usize, KW: i32): T {
  let sum = load<T>(z);
  for (let k = 1; k < KW; k++) sum += load<T>(at<T>(z, k));
  return sum;
}

/** out = Σ_k z / (rows·columns) for the whole vectors of a row of windows; returns how many windows these are. */
// @ts-ignore: decorator
@inline
function averagesOfRow<T>(out: usize, z: usize, columns: usize, rows: T, OW: i32, KW: i32, stride: i32): i32 {
  const splatted = v128.splat<T>(rows);
  let ow = 0;
  for (; ow <= OW - lanes<T>(); ow += lanes<T>()) {
    const n = v128.mul<T>(splatted, v128.load(at<T>(columns, ow)));
    v128.store(at<T>(out, ow), v128.div<T>(sumAlongRow<T>(at<T>(z, ow * stride), KW, stride), n));
  }
  return ow;
}

/**
 * out = Σ x / n over windows of 2×2 places beside each other. Long rows one by one, as memory lies, the upper one's sums waiting in
 * out: two together are slow out of cache. How long depends on the shape alone, for the order of additions does.
 */
function averagesOfQuads<T>(out: usize, x: usize, n: T, W: i32, OH: i32, OW: i32): void {
  const ns = v128.splat<T>(n);
  for (let oh = 0; oh < OH; oh++) {
    let top = at<T>(x, 2 * oh * W), left = OW;
    if (W >= 96) {
      const stop = at<T>(out, OW & -lanes<T>());
      let from = top;
      for (let to = out; to < stop; to += 16, from += 32) v128.store(to, sumsOfPairs<T>(from));
      from = at<T>(top, W);
      for (; out < stop; out += 16, from += 32) {
        v128.store(out, v128.div<T>(v128.add<T>(v128.load(out), sumsOfPairs<T>(from)), ns));
      }
      left &= lanes<T>() - 1;
      top = at<T>(top, 2 * (OW - left));
    }
    for (; left >= lanes<T>(); left -= lanes<T>()) {
      const bottom = at<T>(top, W);
      const low = v128.add<T>(v128.load(top), v128.load(bottom));
      const high = v128.add<T>(v128.load(top, 16), v128.load(bottom, 16));
      v128.store(out, v128.div<T>(v128.add<T>(evens<T>(low, high), odds<T>(low, high)), ns));
      top += 32;
      out += 16;
    }
    for (; left > 0; left--) {
      const bottom = at<T>(top, W);
      const even = load<T>(top) + load<T>(bottom), odd = load<T>(top, sizeof<T>()) + load<T>(bottom, sizeof<T>());
      store<T>(out, (even + odd) / n);
      top += 2 * sizeof<T>();
      out += sizeof<T>();
    }
  }
}

/** x₀ + x₁, x₂ + x₃, … */
// @ts-ignore: decorator
@inline
function sumsOfPairs<T>(x: usize): v128 {
  const low = v128.load(x), high = v128.load(x, 16);
  return v128.add<T>(evens<T>(low, high), odds<T>(low, high));
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
 * dx = dy / n over windows of 2×2 places beside each other, 0 in the row and column that may be left. Where it is far, row by
 * row, as memory lies.
 */
function spreadOverQuads<T>(dx: usize, dout: usize, n: T, H: i32, W: i32, OH: i32, OW: i32, far: bool): void {
  const ns = v128.splat<T>(n);
  for (let oh = 0; oh < OH; oh++) {
    const top = at<T>(dx, 2 * oh * W), bottom = at<T>(top, W), dy = at<T>(dout, oh * OW);
    let i = 0;
    for (; i <= OW - lanes<T>(); i += lanes<T>()) {
      const share = v128.div<T>(v128.load(at<T>(dy, i)), ns), low = zipLow<T>(share, share), high = zipHigh<T>(share, share);
      v128.store(at<T>(top, 2 * i), low, 0);
      v128.store(at<T>(top, 2 * i), high, 16);
      if (far) continue;
      v128.store(at<T>(bottom, 2 * i), low, 0);
      v128.store(at<T>(bottom, 2 * i), high, 16);
    }
    for (i *= 2; i < W; i++) {
      const share: T = i < 2 * OW ? load<T>(at<T>(dy, i >> 1)) / n : 0;
      store<T>(at<T>(top, i), share);
      store<T>(at<T>(bottom, i), share);
    }
    if (far) memory.copy(bottom, top, at<T>(0, W));
  }
  fill<T>(dx, 0, 2 * OH * W, H * W);
}
