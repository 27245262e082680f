// Losses of one element each, l(x, t), and their gradients dx = dout·∂l/∂x. x is the prediction, t the target.
//
// A loss is a class with two methods on vectors; one pair of loops below runs them all. assembly/index.ts names the
// classes, and the build makes of each, say Mse, the kernels mseForward and mseBackward.
//
// A total over many elements is taken in blocks of fixed size: within a block in lanes of T, one f64 per block,
// written to `sums`. The parallel axis is the blocks, so a total is the same however they are divided, and its
// error is that of a block's sum, not that of a million additions in f32. `total` (sum.ts) adds the blocks up.
//
// NaN passes through, into the gradient too: every mask is chosen so that a false comparison keeps it.

import { constant, copySign, select } from '../lib/float';
import { exp, log } from '../lib/math';
import { at, lanes, loadLanes, maskLanes, storeLanes, sumLanes, wholeVectors, zero } from '../lib/simd';

/** Blocks [begin, end) of n elements: sums[b] = Σ l(x, t), and out = l(x, t) where out is not null. */
// @ts-ignore: decorator
@parallel(0.5 * block)
export function forward<T, F>(
  out: usize, sums: usize,
  x: usize, target: usize,
  a: f64, n: i32, block: i32, begin: i32, end: i32,
): void {
  const as = constant<T>(a);
  for (let b = begin; b < end; b++) {
    const first = b * block, stop = min<i32>(first + block, n);
    const pairs = first + wholeVectors<T>(stop - first, 2);
    let sum = zero(), other = zero();
    let i = first;
    for (; i < pairs; i += 2 * lanes<T>()) {
      sum = v128.add<T>(sum, lossAt<T, F>(out, x, target, as, i, lanes<T>()));
      other = v128.add<T>(other, lossAt<T, F>(out, x, target, as, i + lanes<T>(), lanes<T>()));
    }
    for (; i < stop; i += lanes<T>()) sum = v128.add<T>(sum, lossAt<T, F>(out, x, target, as, i, stop - i));
    store<f64>(at<f64>(sums, b), <f64>sumLanes<T>(v128.add<T>(sum, other)));
  }
}

/** Elements [begin, end): dx = scale·dout∘∂l/∂x; a null dout is 1. */
// @ts-ignore: decorator
@parallel(0.4, 16)
export function backward<T, F>(
  dx: usize,
  dout: usize, x: usize, target: usize,
  a: f64, scale: f64, begin: i32, end: i32,
): void {
  const as = constant<T>(a), scales = constant<T>(scale);
  const whole = begin + wholeVectors<T>(end - begin);
  let i = begin;
  for (; i < whole; i += lanes<T>()) slopeAt<T, F>(dx, dout, x, target, as, scales, i, lanes<T>());
  for (; i < end; i += lanes<T>()) slopeAt<T, F>(dx, dout, x, target, as, scales, i, end - i);
}

/** l of the elements from i on, and 0 in the lanes beyond. */
// @ts-ignore: decorator
@inline
function lossAt<T, F>(out: usize, x: usize, target: usize, as: v128, i: i32, left: i32): v128 {
  const l = changetype<F>(0).loss<T>(loadLanes<T>(at<T>(x, i), left), loadLanes<T>(at<T>(target, i), left), as);
  if (out) storeLanes<T>(at<T>(out, i), l, left);
  return maskLanes<T>(l, left);
}

/** dx of the elements from i on. */
// @ts-ignore: decorator
@inline
function slopeAt<T, F>(
  dx: usize,
  dout: usize, x: usize, target: usize, as: v128, scales: v128,
  i: i32, left: i32,
): void {
  const d = changetype<F>(0).slope<T>(loadLanes<T>(at<T>(x, i), left), loadLanes<T>(at<T>(target, i), left), as);
  const g = dout ? v128.mul<T>(scales, loadLanes<T>(at<T>(dout, i), left)) : scales;
  storeLanes<T>(at<T>(dx, i), v128.mul<T>(g, d), left);
}

/** l = d²,  d = x − t;  ∂l/∂x = 2d. */
@unmanaged
export class Mse {
  @inline
  loss<T>(x: v128, t: v128, a: v128): v128 {
    const d = v128.sub<T>(x, t);
    return v128.mul<T>(d, d);
  }

  @inline
  slope<T>(x: v128, t: v128, a: v128): v128 {
    const d = v128.sub<T>(x, t);
    return v128.add<T>(d, d);
  }
}

/** l = |d|,  d = x − t;  ∂l/∂x = sign d, and 0 at 0. */
@unmanaged
export class L1 {
  @inline
  loss<T>(x: v128, t: v128, a: v128): v128 {
    return v128.abs<T>(v128.sub<T>(x, t));
  }

  @inline
  slope<T>(x: v128, t: v128, a: v128): v128 {
    return sign<T>(v128.sub<T>(x, t));
  }
}

/** l = ½d² for |d| ≤ a, a·(|d| − ½a) else: c·(|d| − ½c) with c = min(|d|, a);  ∂l/∂x = d kept within ±a. */
@unmanaged
export class Huber {
  @inline
  loss<T>(x: v128, t: v128, a: v128): v128 {
    const d = v128.abs<T>(v128.sub<T>(x, t));
    const c = v128.pmin<T>(d, a);
    return v128.mul<T>(c, v128.sub<T>(d, v128.mul<T>(constant<T>(0.5), c)));
  }

  @inline
  slope<T>(x: v128, t: v128, a: v128): v128 {
    return v128.pmax<T>(v128.pmin<T>(v128.sub<T>(x, t), a), v128.neg<T>(a));
  }
}

/** l = ½d²/a for |d| < a, |d| − ½a else, which is L1 for a = 0;  ∂l/∂x = d/a or sign d. */
@unmanaged
export class SmoothL1 {
  @inline
  loss<T>(x: v128, t: v128, a: v128): v128 {
    const d = v128.abs<T>(v128.sub<T>(x, t)), half = v128.mul<T>(constant<T>(0.5), d);
    const far = v128.sub<T>(d, v128.mul<T>(constant<T>(0.5), a));
    return select(v128.lt<T>(d, a), v128.mul<T>(half, v128.div<T>(d, a)), far);
  }

  @inline
  slope<T>(x: v128, t: v128, a: v128): v128 {
    const d = v128.sub<T>(x, t);
    return select(v128.lt<T>(v128.abs<T>(d), a), v128.div<T>(d, a), sign<T>(d));
  }
}

/** l = t·(log t − x), x a logarithm; t·log t is 0 for t = 0;  ∂l/∂x = −t. */
@unmanaged
export class KlDiv {
  @inline
  loss<T>(x: v128, t: v128, a: v128): v128 {
    const entropy = v128.andnot(v128.mul<T>(t, log<T>(t)), v128.eq<T>(t, zero()));
    return v128.sub<T>(entropy, v128.mul<T>(t, x));
  }

  @inline
  slope<T>(x: v128, t: v128, a: v128): v128 {
    return v128.neg<T>(t);
  }
}

/** l = eᵗ·(t − x), x and t logarithms;  ∂l/∂x = −eᵗ. */
@unmanaged
export class KlDivLog {
  @inline
  loss<T>(x: v128, t: v128, a: v128): v128 {
    return v128.mul<T>(exp<T>(t), v128.sub<T>(t, x));
  }

  @inline
  slope<T>(x: v128, t: v128, a: v128): v128 {
    return v128.neg<T>(exp<T>(t));
  }
}

/** ±1, and d itself where it is 0 or NaN. */
// @ts-ignore: decorator
@inline
function sign<T>(d: v128): v128 {
  return select(v128.gt<T>(v128.abs<T>(d), zero()), copySign<T>(constant<T>(1), d), d);
}
