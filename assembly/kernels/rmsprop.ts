// RMSprop (Tieleman, Hinton 2012; centred: Graves 2013), one fused pass over a parameter, in PyTorch's form.
//
//   g ← ±grad + λ·p                    − where the objective is to be maximised
//   s ← α·s + (1 − α)·g²
//   a ← α·a + (1 − α)·g                centred only
//   r = √s + ε, centred: √(s − a²) + ε      ε stands outside the root
//   b ← μ·b + g/r,  p ← p − lr·b       without momentum: p ← p − lr·g/r
//
// s − a² is a variance, but rounding can carry it below 0: it is taken as 0 there. p, s, a, b overwrite.

import { at, lanes, loadLanes, madd, nmadd, storeLanes, wholeVectors, zero } from '../lib/simd';

/** Elements [begin, end). mean (a) and velocity (b) may be null. sign: 1, or −1 to maximise. */
// @ts-ignore: decorator
@parallel(0.6, 16)
export function rmspropStep<T>(
  param: usize, square: usize, mean: usize, velocity: usize,
  grad: usize,
  lr: f64, alpha: f64, eps: f64, momentum: f64, weightDecay: f64, sign: f64, begin: i32, end: i32,
): void {
  const lrs = v128.splat<T>(<T>lr), mus = v128.splat<T>(<T>momentum), epss = v128.splat<T>(<T>eps);
  const alphas = v128.splat<T>(<T>alpha), rests = v128.splat<T>(<T>(1.0 - alpha));
  const lambdas = v128.splat<T>(<T>weightDecay), signs = v128.splat<T>(<T>sign);
  const decays = weightDecay != 0, whole = begin + wholeVectors<T>(end - begin);
  let i = begin;
  for (; i < whole; i += lanes<T>()) {
    update<T>(
      at<T>(param, i), at<T>(square, i), mean ? at<T>(mean, i) : 0, velocity ? at<T>(velocity, i) : 0, at<T>(grad, i),
      lrs, alphas, rests, epss, mus, lambdas, decays, signs, lanes<T>(),
    );
  }
  for (; i < end; i += lanes<T>()) {
    update<T>(
      at<T>(param, i), at<T>(square, i), mean ? at<T>(mean, i) : 0, velocity ? at<T>(velocity, i) : 0, at<T>(grad, i),
      lrs, alphas, rests, epss, mus, lambdas, decays, signs, end - i,
    );
  }
}

/** The next vector, of which `left` elements are there. */
// @ts-ignore: decorator
@inline
function update<T>(
  param: usize, square: usize, mean: usize, velocity: usize, grad: usize,
  lr: v128, alpha: v128, rest: v128, eps: v128, mu: v128, lambda: v128, decays: bool, sign: v128, left: i32,
): void {
  const p = loadLanes<T>(param, left);
  let g = v128.mul<T>(sign, loadLanes<T>(grad, left));
  if (decays) g = madd<T>(lambda, p, g);

  let s = madd<T>(alpha, loadLanes<T>(square, left), v128.mul<T>(v128.mul<T>(rest, g), g));
  storeLanes<T>(square, s, left);
  if (mean) {
    const a = madd<T>(alpha, loadLanes<T>(mean, left), v128.mul<T>(rest, g));
    storeLanes<T>(mean, a, left);
    s = v128.max<T>(zero(), nmadd<T>(a, a, s));
  }
  let d = v128.div<T>(g, v128.add<T>(v128.sqrt<T>(s), eps));
  if (velocity) {
    d = madd<T>(mu, loadLanes<T>(velocity, left), d);
    storeLanes<T>(velocity, d, left);
  }
  storeLanes<T>(param, nmadd<T>(lr, d, p), left);
}
