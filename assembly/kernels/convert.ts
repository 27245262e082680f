// Conversion of whole numbers, for labels and masks that enter a computation.

import { at } from '../lib/simd';

/** Elements [begin, end): out = x, rounded to T. x: i32. */
// @ts-ignore: decorator
@parallel(0.5, 16)
export function fromInt<T>(out: usize, x: usize, begin: i32, end: i32): void {
  for (let i = begin; i < end; i++) store<T>(at<T>(out, i), <T>load<i32>(at<i32>(x, i)));
}
