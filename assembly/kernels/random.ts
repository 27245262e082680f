// Random tensors. Element i takes draw `drawn + i` of the seed, computed in f64 and rounded once, so an f32 and
// an f64 tensor of one seed hold the same numbers, and begin/end may cut anywhere.
//
// Normal numbers come in pairs by Box and Muller (1958): from uniforms u ∈ (0, 1] and v ∈ [0, 1)
//   z₀ = √(−2 ln u)·cos 2πv      z₁ = √(−2 ln u)·sin 2πv
// Element i belongs to the pair i >> 1 and is its cosine when even, its sine when odd.

import { log } from '../lib/math';
import { at } from '../lib/simd';
import { uniform01 } from '../lib/splitmix';

/** out[i] = low + (high − low)·u, u uniform in [0, 1); always < high. */
// @ts-ignore: decorator
@parallel(1.5, 16)
export function randomUniform<T>(out: usize, low: f64, high: f64, seed: f64, drawn: f64, begin: i32, end: i32): void {
  const below = <T>high;
  for (let i = begin; i < end; i++) {
    const value = <T>(low + (high - low) * uniform01(seed, drawn + <f64>i));
    // Rounding can carry a value just below `high` up to it.
    store<T>(at<T>(out, i), value < below ? value : <T>low);
  }
}

/** out[i] = mean + std·z, z standard normal. */
// @ts-ignore: decorator
@parallel(10.0, 16)
export function randomNormal<T>(out: usize, mean: f64, std: f64, seed: f64, drawn: f64, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) {
    const pair = drawn + <f64>(i & ~1);
    const radius = Math.sqrt(-2.0 * v128.extract_lane<f64>(log<f64>(f64x2.splat(1.0 - uniform01(seed, pair))), 0));
    const turn = uniform01(seed, pair + 1.0);
    const z = radius * (i & 1 ? cosTurn(turn - 0.25) : cosTurn(turn));
    store<T>(at<T>(out, i), <T>(mean + std * z));
  }
}

/** cos 2πt. */
function cosTurn(t: f64): f64 {
  t -= Math.round(t); // [−½, ½]
  t = Math.abs(t);
  const flip = t > 0.25;
  const x = 6.283185307179586 * (flip ? 0.5 - t : t); // [0, π/2]
  const x2 = x * x;
  let series = 1.0; // Taylor to x²²: the next term is below 2^-64
  for (let k = 22.0; k > 0.0; k -= 2.0) series = 1.0 - (series * x2) / (k * (k - 1.0));
  return flip ? -series : series;
}
