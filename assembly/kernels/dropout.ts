// Inverted dropout (Srivastava et al. 2014, scaled at training time).
//
//   forward     y  = b∘x/(1 − p)       b = 0 with probability p, else 1
//   backward    dx = b∘dy/(1 − p)
//
// The same function of x and of dy, so one kernel serves both. A draw of the seed is 64 bits, enough for two
// elements: element i takes half i & 1 of draw `drawn + (i >> 1)` as u, uniform in [0, 1), and is kept when u ≥ p. So
// backward draws the numbers of forward once more, no mask is kept, and begin and end may cut anywhere. A dropped element
// is multiplied by 0, as in PyTorch, so NaN and ∞ become NaN.

import { at } from '../lib/simd';
import { drawOf, streamOf } from '../lib/splitmix';

/** out = b∘x/(1 − p) for elements [begin, end). */
export function dropout<T>(out: usize, x: usize, p: f64, seed: f64, drawn: f64, begin: i32, end: i32): void {
  // u = k·2^-32 with a whole k < 2^32, so u ≥ p is k ≥ ⌈p·2^32⌉; p = 1 keeps nothing.
  const threshold = <u64>Math.ceil(p * 4294967296.0);
  const scale = <T>(p < 1.0 ? 1.0 / (1.0 - p) : 0.0);
  const stream = streamOf(seed), first = <u64>drawn;
  for (let i = begin & ~1; i < end; i += 2) {
    const bits = drawOf(stream, first + <u64>(i >> 1));
    if (i >= begin) one<T>(out, x, i, bits & 0xffffffff, threshold, scale);
    if (i + 1 < end) one<T>(out, x, i + 1, bits >> 32, threshold, scale);
  }
}

// @ts-ignore: decorator
@inline
function one<T>(out: usize, x: usize, i: i32, k: u64, threshold: u64, scale: T): void {
  // A float `select` would become a branch, wrong every other time at p = ½; so b is a number.
  const b = <T><i32>(k >= threshold);
  store<T>(at<T>(out, i), load<T>(at<T>(x, i)) * (b * scale));
}
