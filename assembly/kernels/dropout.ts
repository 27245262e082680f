// Inverted dropout (Srivastava et al. 2014, scaled at training time).
//
//   forward     y  = b∘x/(1 − p)       b = 0 with probability p, else 1
//   backward    dx = b∘dy/(1 − p)
//
// The same function of x and of dy, so one kernel serves both. Element i is kept when draw `drawn + i` of the seed,
// uniform in [0, 1), is ≥ p: backward draws the numbers of forward once more and no mask is kept. A dropped element
// is multiplied by 0, as in PyTorch, so NaN and ∞ become NaN.

import { at } from '../lib/simd';
import { drawOf, streamOf } from '../lib/splitmix';

/** out = b∘x/(1 − p) for elements [begin, end). */
export function dropout<T>(out: usize, x: usize, p: f64, seed: f64, drawn: f64, begin: i32, end: i32): void {
  // u = k·2^-53 with a whole k < 2^53, so u ≥ p is k ≥ ⌈p·2^53⌉; p = 1 keeps nothing.
  const threshold = <u64>Math.ceil(p * 9007199254740992.0);
  const scale = <T>(p < 1.0 ? 1.0 / (1.0 - p) : 0.0);
  const stream = streamOf(seed), first = <u64>drawn;
  for (let i = begin; i < end; i++) {
    const kept = drawOf(stream, first + <u64>i) >> 11 >= threshold;
    store<T>(at<T>(out, i), load<T>(at<T>(x, i)) * select<T>(scale, <T>0, kept));
  }
}
