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

import { at, lanes, loadLanes, madd, nmadd, storeLanes } from '../lib/simd';

/** Elements [begin, end). vmax may be null: no AMSGrad. sign: 1, or −1 to maximise. */
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
  for (let i = begin; i < end; i += lanes<T>()) {
    const left = end - i;
    const p = v128.mul<T>(shrinks, loadLanes<T>(at<T>(param, i), left));
    let g = v128.mul<T>(signs, loadLanes<T>(at<T>(grad, i), left));
    if (weightDecay != 0) g = madd<T>(lambdas, p, g);

    const mean = madd<T>(beta1s, loadLanes<T>(at<T>(m, i), left), v128.mul<T>(rest1s, g));
    storeLanes<T>(at<T>(m, i), mean, left);
    let square = madd<T>(beta2s, loadLanes<T>(at<T>(v, i), left), v128.mul<T>(v128.mul<T>(rest2s, g), g));
    storeLanes<T>(at<T>(v, i), square, left);
    if (vmax) {
      square = v128.max<T>(loadLanes<T>(at<T>(vmax, i), left), square);
      storeLanes<T>(at<T>(vmax, i), square, left);
    }
    const direction = v128.div<T>(mean, madd<T>(cs, v128.sqrt<T>(square), epss));
    storeLanes<T>(at<T>(param, i), nmadd<T>(alphas, direction, p), left);
  }
}
