// RMSprop (Tieleman, Hinton 2012; centred: Graves 2013), one fused pass over a parameter, in PyTorch's form.
//
//   g ← ±grad + λ·p                    − where the objective is to be maximised
//   s ← α·s + (1 − α)·g²
//   a ← α·a + (1 − α)·g                centred only
//   r = √s + ε, centred: √(s − a²) + ε      ε stands outside the root
//   b ← μ·b + g/r,  p ← p − lr·b       without momentum: p ← p − lr·g/r
//
// s − a² is a variance, but rounding can carry it below 0: it is taken as 0 there. p, s, a, b overwrite.

import { at, lanes, loadLanes, madd, nmadd, storeLanes, zero } from '../lib/simd';

/** Elements [begin, end). mean (a) and velocity (b) may be null. sign: 1, or −1 to maximise. */
export function rmspropStep<T>(
  param: usize, square: usize, mean: usize, velocity: usize,
  grad: usize,
  lr: f64, alpha: f64, eps: f64, momentum: f64, weightDecay: f64, sign: f64, begin: i32, end: i32,
): void {
  const lrs = v128.splat<T>(<T>lr), mus = v128.splat<T>(<T>momentum), epss = v128.splat<T>(<T>eps);
  const alphas = v128.splat<T>(<T>alpha), rests = v128.splat<T>(<T>(1.0 - alpha));
  const lambdas = v128.splat<T>(<T>weightDecay), signs = v128.splat<T>(<T>sign);
  for (let i = begin; i < end; i += lanes<T>()) {
    const left = end - i;
    const p = loadLanes<T>(at<T>(param, i), left);
    let g = v128.mul<T>(signs, loadLanes<T>(at<T>(grad, i), left));
    if (weightDecay != 0) g = madd<T>(lambdas, p, g);

    let s = madd<T>(alphas, loadLanes<T>(at<T>(square, i), left), v128.mul<T>(v128.mul<T>(rests, g), g));
    storeLanes<T>(at<T>(square, i), s, left);
    if (mean) {
      const a = madd<T>(alphas, loadLanes<T>(at<T>(mean, i), left), v128.mul<T>(rests, g));
      storeLanes<T>(at<T>(mean, i), a, left);
      s = v128.max<T>(zero(), nmadd<T>(a, a, s));
    }
    let d = v128.div<T>(g, v128.add<T>(v128.sqrt<T>(s), epss));
    if (velocity) {
      d = madd<T>(mus, loadLanes<T>(at<T>(velocity, i), left), d);
      storeLanes<T>(at<T>(velocity, i), d, left);
    }
    storeLanes<T>(at<T>(param, i), nmadd<T>(lrs, d, p), left);
  }
}
