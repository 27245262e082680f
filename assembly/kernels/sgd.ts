// Gradient descent with momentum, one fused pass over a parameter (Sutskever et al. 2013, in PyTorch's form).
//
//   g ← ±grad + λ·p                    − where the objective is to be maximised
//   v ← μ·v + keep·g                   keep = 1 − dampening; at the first step v = 0 and keep = 1, so that v = g
//   d = v, Nesterov: g + μ·v           without momentum: g
//   p ← p − lr·d
//
// p and v overwrite. λ = 0 leaves p out of g, so that an infinite parameter stays infinite.

import { at, lanes, loadLanes, madd, nmadd, storeLanes } from '../lib/simd';

/** Elements [begin, end). velocity may be null: no momentum. sign: 1, or −1 to maximise. */
export function sgdStep<T>(
  param: usize, velocity: usize,
  grad: usize,
  lr: f64, momentum: f64, keep: f64, nesterov: i32, weightDecay: f64, sign: f64, begin: i32, end: i32,
): void {
  const lrs = v128.splat<T>(<T>lr), mus = v128.splat<T>(<T>momentum), keeps = v128.splat<T>(<T>keep);
  const lambdas = v128.splat<T>(<T>weightDecay), signs = v128.splat<T>(<T>sign);
  for (let i = begin; i < end; i += lanes<T>()) {
    const left = end - i;
    const p = loadLanes<T>(at<T>(param, i), left);
    let g = v128.mul<T>(signs, loadLanes<T>(at<T>(grad, i), left));
    if (weightDecay != 0) g = madd<T>(lambdas, p, g);
    if (velocity) {
      const v = madd<T>(mus, loadLanes<T>(at<T>(velocity, i), left), v128.mul<T>(keeps, g));
      storeLanes<T>(at<T>(velocity, i), v, left);
      g = nesterov ? madd<T>(mus, v, g) : v;
    }
    storeLanes<T>(at<T>(param, i), nmadd<T>(lrs, g, p), left);
  }
}
