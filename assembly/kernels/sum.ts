// The sum of many numbers, as one f64. Element i is added to partial sum i mod 4, in f64 whatever T is: the order
// is fixed, and it runs on one thread because a sum that were cut would depend on the cut.

import { at } from '../lib/simd';

/** Σ x over n elements. */
export function total<T>(x: usize, n: i32): f64 {
  let s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const from = at<T>(x, i);
    s0 += <f64>load<T>(from);
    s1 += <f64>load<T>(from + sizeof<T>());
    s2 += <f64>load<T>(from + 2 * sizeof<T>());
    s3 += <f64>load<T>(from + 3 * sizeof<T>());
  }
  for (; i < n; i++) s0 += <f64>load<T>(at<T>(x, i));
  return s0 + s1 + (s2 + s3);
}
