// Adam (Kingma, Ba 2015), AMSGrad (Reddi, Kale, Kumar 2018) and AdamW (Loshchilov, Hutter 2019), one fused pass.
//
//   p ← shrink·p                       AdamW: shrink = 1 − lr·λ; Adam: 1
//   g ← ±grad + λ₂·p                   Adam: λ₂ = λ; AdamW: 0. − where the objective is to be maximised
//   m ← β₁·m + (1 − β₁)·g
//   v ← β₂·v + (1 − β₂)·g²
//   w = v, AMSGrad: w ← max(w, v)      the maximum of v as it is, before the correction of its bias
//   p ← p − α·m / (c·√w + ε)           α = lr/(1 − β₁ᵗ),  c = 1/√(1 − β₂ᵗ)
//
// m and v start at 0, so after t steps E[m] = (1 − β₁ᵗ)·E[g]: α and c, which the caller computes, undo that.
// All of p, m, v, w overwrite.

import { at, lanes, loadLanes, madd, nmadd, storeLanes, wholeVectors } from '../lib/simd';

/** Elements [begin, end). vmax may be null: no AMSGrad. sign: 1, or −1 to maximise. */
// @ts-ignore: decorator
@parallel(0.6, 16)
export function adamStep<T>(
  param: usize, m: usize, v: usize, vmax: usize,
  grad: usize,
  alpha: f64, beta1: f64, beta2: f64, c: f64, eps: f64, shrink: f64, weightDecay: f64, sign: f64,
  begin: i32, end: i32,
): void {
  const alphas = v128.splat<T>(<T>alpha), cs = v128.splat<T>(<T>c), epss = v128.splat<T>(<T>eps);
  const beta1s = v128.splat<T>(<T>beta1), rest1s = v128.splat<T>(<T>(1.0 - beta1));
  const beta2s = v128.splat<T>(<T>beta2), rest2s = v128.splat<T>(<T>(1.0 - beta2));
  const shrinks = v128.splat<T>(<T>shrink), lambdas = v128.splat<T>(<T>weightDecay), signs = v128.splat<T>(<T>sign);
  const decays = weightDecay != 0, whole = begin + wholeVectors<T>(end - begin);
  let i = begin;
  for (; i < whole; i += lanes<T>()) {
    update<T>(
      at<T>(param, i), at<T>(m, i), at<T>(v, i), vmax ? at<T>(vmax, i) : 0, at<T>(grad, i),
      alphas, beta1s, rest1s, beta2s, rest2s, cs, epss, shrinks, lambdas, decays, signs, lanes<T>(),
    );
  }
  for (; i < end; i += lanes<T>()) {
    update<T>(
      at<T>(param, i), at<T>(m, i), at<T>(v, i), vmax ? at<T>(vmax, i) : 0, at<T>(grad, i),
      alphas, beta1s, rest1s, beta2s, rest2s, cs, epss, shrinks, lambdas, decays, signs, end - i,
    );
  }
}

/** The next vector, of which `left` elements are there. */
// @ts-ignore: decorator
@inline
function update<T>(
  param: usize, m: usize, v: usize, vmax: usize, grad: usize,
  alpha: v128, beta1: v128, rest1: v128, beta2: v128, rest2: v128, c: v128, eps: v128,
  shrink: v128, lambda: v128, decays: bool, sign: v128, left: i32,
): void {
  const p = v128.mul<T>(shrink, loadLanes<T>(param, left));
  let g = v128.mul<T>(sign, loadLanes<T>(grad, left));
  if (decays) g = madd<T>(lambda, p, g);

  const mean = madd<T>(beta1, loadLanes<T>(m, left), v128.mul<T>(rest1, g));
  storeLanes<T>(m, mean, left);
  let square = madd<T>(beta2, loadLanes<T>(v, left), v128.mul<T>(v128.mul<T>(rest2, g), g));
  storeLanes<T>(v, square, left);
  if (vmax) {
    square = v128.max<T>(loadLanes<T>(vmax, left), square);
    storeLanes<T>(vmax, square, left);
  }
  const direction = v128.div<T>(mean, madd<T>(c, v128.sqrt<T>(square), eps));
  storeLanes<T>(param, nmadd<T>(alpha, direction, p), left);
}
