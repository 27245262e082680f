// Binary cross entropy of one element each, weighted by w; t is the target's probability of "yes".
//
//   with logits x    l = w·( (1 − t)·s(x) + p·t·s(−x) ),  s(x) = log(1 + eˣ) = max(x, 0) + log1p(e^−|x|)
//                    ∂l/∂x = w·( (1 − t)·σ(x) − p·t·σ(−x) ),  since s′ = σ
//
// For p = 1 that is max(x, 0) − x·t + log1p(e^−|x|), written so that neither l nor its gradient cancels in the tails.
//
//   of probabilities x    l = −w·( t·log x + (1 − t)·log(1 − x) ), each logarithm at least −100 (PyTorch's clamp)
//                         ∂l/∂x = w·(x − t) / max(x·(1 − x), 1e-12)
//
// A weight (w or p, null for 1) is broadcast: element i has weight[(i / inner) mod period]. Loops and blocks of
// sums are as in regression.ts.

import { constant, select } from '../lib/float';
import { expOfNegative, log, log1p } from '../lib/math';
import { at, lanes, loadLanes, maskLanes, storeLanes, sumLanes, zero } from '../lib/simd';

/** Blocks [begin, end) of n elements: sums[b] = Σ l, and out = l where out is not null. */
// @ts-ignore: decorator
@parallel(2.0 * block)
export function forward<T, F>(
  out: usize, sums: usize,
  x: usize, target: usize, weight: usize, posWeight: usize,
  period: i32, inner: i32, posPeriod: i32, posInner: i32,
  n: i32, block: i32, begin: i32, end: i32,
): void {
  for (let b = begin; b < end; b++) {
    const first = b * block, size = min<i32>(block, n - first);
    let sum = zero();
    for (let k = 0; k < size; k += lanes<T>()) {
      const i = first + k, left = size - k;
      const p = broadcast<T>(posWeight, i, posPeriod, posInner);
      const xs = loadLanes<T>(at<T>(x, i), left), ts = loadLanes<T>(at<T>(target, i), left);
      const l = v128.mul<T>(broadcast<T>(weight, i, period, inner), changetype<F>(0).loss<T>(xs, ts, p));
      if (out) storeLanes<T>(at<T>(out, i), l, left);
      sum = v128.add<T>(sum, maskLanes<T>(l, left));
    }
    store<f64>(at<f64>(sums, b), <f64>sumLanes<T>(sum));
  }
}

/** Elements [begin, end): dx = scale·dout∘∂l/∂x; a null dout is 1. */
// @ts-ignore: decorator
@parallel(2.0, 16)
export function backward<T, F>(
  dx: usize,
  dout: usize, x: usize, target: usize, weight: usize, posWeight: usize,
  period: i32, inner: i32, posPeriod: i32, posInner: i32,
  scale: f64, begin: i32, end: i32,
): void {
  const scales = constant<T>(scale);
  for (let i = begin; i < end; i += lanes<T>()) {
    const left = end - i;
    const p = broadcast<T>(posWeight, i, posPeriod, posInner);
    const xs = loadLanes<T>(at<T>(x, i), left), ts = loadLanes<T>(at<T>(target, i), left);
    const d = v128.mul<T>(broadcast<T>(weight, i, period, inner), changetype<F>(0).slope<T>(xs, ts, p));
    const g = dout ? v128.mul<T>(scales, loadLanes<T>(at<T>(dout, i), left)) : scales;
    storeLanes<T>(at<T>(dx, i), v128.mul<T>(g, d), left);
  }
}

/** x: logits; p: posWeight. */
@unmanaged
export class BceWithLogits {
  @inline
  loss<T>(x: v128, t: v128, p: v128): v128 {
    const tail = log1p<T>(expOfNegative<T>(v128.neg<T>(v128.abs<T>(x))));
    const no = v128.add<T>(v128.andnot(x, v128.lt<T>(x, zero())), tail);
    const yes = v128.sub<T>(tail, v128.andnot(x, v128.gt<T>(x, zero())));
    const one = constant<T>(1);
    return v128.add<T>(v128.mul<T>(v128.sub<T>(one, t), no), v128.mul<T>(v128.mul<T>(p, t), yes));
  }

  @inline
  slope<T>(x: v128, t: v128, p: v128): v128 {
    // σ(|x|) = 1/(1 + e) and σ(−|x|) = e/(1 + e) with one e = e^−|x|: no cancellation on either side.
    const one = constant<T>(1);
    const e = expOfNegative<T>(v128.neg<T>(v128.abs<T>(x)));
    const more = v128.div<T>(one, v128.add<T>(one, e)), less = v128.mul<T>(e, more);
    const negative = v128.lt<T>(x, zero());
    const no = v128.mul<T>(v128.sub<T>(one, t), select(negative, less, more));
    return v128.sub<T>(no, v128.mul<T>(v128.mul<T>(p, t), select(negative, more, less)));
  }
}

/** x: probabilities; p is not used. */
@unmanaged
export class Bce {
  @inline
  loss<T>(x: v128, t: v128, p: v128): v128 {
    const least = constant<T>(-100);
    const yes = v128.pmax<T>(log<T>(x), least);
    const no = v128.pmax<T>(log1p<T>(v128.neg<T>(x)), least);
    const one = constant<T>(1);
    return v128.sub<T>(v128.mul<T>(v128.sub<T>(t, one), no), v128.mul<T>(t, yes));
  }

  @inline
  slope<T>(x: v128, t: v128, p: v128): v128 {
    const variance = v128.mul<T>(x, v128.sub<T>(constant<T>(1), x));
    return v128.div<T>(v128.sub<T>(x, t), v128.pmax<T>(variance, constant<T>(1e-12)));
  }
}

/** The weights of the elements from i on; one vector load or one splat where they lie so. */
// @ts-ignore: decorator
@inline
function broadcast<T>(weight: usize, i: i32, period: i32, inner: i32): v128 {
  return weight ? weightsAt<T>(weight, i, period, inner) : constant<T>(1);
}

function weightsAt<T>(weight: usize, i: i32, period: i32, inner: i32): v128 {
  const j = (i / inner) % period;
  if (inner == 1 && j + lanes<T>() <= period) return v128.load(at<T>(weight, j));
  let v = v128.splat<T>(load<T>(at<T>(weight, j)));
  if (i % inner + lanes<T>() <= inner) return v;
  v = v128.replace_lane<T>(v, 1, load<T>(at<T>(weight, ((i + 1) / inner) % period)));
  if (sizeof<T>() == 4) {
    v = v128.replace_lane<T>(v, 2, load<T>(at<T>(weight, ((i + 2) / inner) % period)));
    v = v128.replace_lane<T>(v, 3, load<T>(at<T>(weight, ((i + 3) / inner) % period)));
  }
  return v;
}
