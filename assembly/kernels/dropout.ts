// Inverted dropout (Srivastava et al. 2014, scaled at training time).
//
//   forward     y  = b∘x/(1 − p)       b = 0 with probability p, else 1
//   backward    dx = b∘dy/(1 − p)
//
// The same function of x and of dy, so one kernel serves both. A draw of the seed is 64 bits, enough for two
// elements: element i takes half i & 1 of draw `drawn + (i >> 1)` as u, uniform in [0, 1), and is kept when u ≥ p. So
// backward draws the numbers of forward once more, no mask is kept, and begin and end may cut anywhere. A dropped element
// is multiplied by 0, as in PyTorch, so NaN and ∞ become NaN.
//
// Two draws side by side are the four numbers of an f32 vector in their order, the lower half of a draw first.

import { at, lanes, loadLanes, storeLanes, wholeVectors } from '../lib/simd';
import { drawOf, streamOf } from '../lib/splitmix';

/** out = b∘x/(1 − p) for elements [begin, end). */
// @ts-ignore: decorator
@parallel(1.5, 16)
export function dropout<T>(out: usize, x: usize, p: f64, seed: f64, drawn: f64, begin: i32, end: i32): void {
  // u = k·2^-32 with a whole k < 2^32, so u ≥ p is k ≥ ⌈p·2^32⌉; at p = 1 what is kept is multiplied by 0.
  const threshold = i32x4.splat(<u32>Math.min(Math.ceil(p * 4294967296.0), 4294967295.0));
  const scale = v128.splat<T>(<T>(p < 1.0 ? 1.0 / (1.0 - p) : 0.0));
  const stream = streamOf(seed), first = <u64>drawn;
  let i = begin;
  if (i & 1 && i < end) {
    const b = v128.extract_lane<T>(factors<T>(stream, first + <u64>(i >> 1), threshold, scale), 1);
    store<T>(at<T>(out, i), load<T>(at<T>(x, i)) * b);
    i++;
  }
  const whole = i + wholeVectors<T>(end - i);
  for (; i < whole; i += lanes<T>()) one<T>(out, x, i, lanes<T>(), stream, first, threshold, scale);
  for (; i < end; i += lanes<T>()) one<T>(out, x, i, end - i, stream, first, threshold, scale);
}

/** The vector that starts at the even element i. */
// @ts-ignore: decorator
@inline
function one<T>(
  out: usize, x: usize, i: i32, left: i32, stream: u64, first: u64, threshold: v128, scale: v128,
): void {
  const b = factors<T>(stream, first + <u64>(i >> 1), threshold, scale);
  storeLanes<T>(at<T>(out, i), v128.mul<T>(loadLanes<T>(at<T>(x, i), left), b), left);
}

/** b/(1 − p) of the elements from the first of `draw` on. */
// @ts-ignore: decorator
@inline
function factors<T>(stream: u64, draw: u64, threshold: v128, scale: v128): v128 {
  let bits = i64x2.splat(drawOf(stream, draw));
  if (sizeof<T>() == 4) bits = i64x2.replace_lane(bits, 1, drawOf(stream, draw + 1));
  const kept = i32x4.ge_u(bits, threshold);
  return v128.and(scale, sizeof<T>() == 4 ? kept : i64x2.extend_low_i32x4_s(kept));
}
