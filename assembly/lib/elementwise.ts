// The loops of elementwise functions of one operand. F has forward<T>(x, a, b) and backward<T>(dy, saved, a, b).

import { constant } from './float';
import { at, lanes, loadLanes, storeLanes } from './simd';

/** Elements [begin, end): out = f(x). */
// @ts-ignore: decorator
@inline
export function apply<T, F>(out: usize, x: usize, a: f64, b: f64, begin: i32, end: i32): void {
  const as = constant<T>(a), bs = constant<T>(b);
  let i = begin;
  if (wholeVectorsFirst<T>()) {
    for (; i <= end - lanes<T>(); i += lanes<T>()) {
      v128.store(at<T>(out, i), changetype<F>(0).forward<T>(v128.load(at<T>(x, i)), as, bs));
    }
  }
  for (; i < end; i += lanes<T>()) {
    const y = changetype<F>(0).forward<T>(loadLanes<T>(at<T>(x, i), end - i), as, bs);
    storeLanes<T>(at<T>(out, i), y, end - i);
  }
}

/** Elements [begin, end): dx = dout·f′, or dx += with `accumulate`. */
// @ts-ignore: decorator
@inline
export function applyBackward<T, F>(
  dx: usize,
  dout: usize, saved: usize,
  a: f64, b: f64, accumulate: i32, begin: i32, end: i32,
): void {
  const as = constant<T>(a), bs = constant<T>(b);
  let i = begin;
  if (wholeVectorsFirst<T>()) {
    for (; i <= end - lanes<T>(); i += lanes<T>()) {
      const to = at<T>(dx, i);
      let d = changetype<F>(0).backward<T>(v128.load(at<T>(dout, i)), v128.load(at<T>(saved, i)), as, bs);
      if (accumulate) d = v128.add<T>(v128.load(to), d);
      v128.store(to, d);
    }
  }
  for (; i < end; i += lanes<T>()) {
    const to = at<T>(dx, i), left = end - i;
    const dy = loadLanes<T>(at<T>(dout, i), left);
    let d = changetype<F>(0).backward<T>(dy, loadLanes<T>(at<T>(saved, i), left), as, bs);
    if (accumulate) d = v128.add<T>(loadLanes<T>(to, left), d);
    storeLanes<T>(to, d, left);
  }
}

/**
 * Whether whole vectors have a loop of their own before the one that asks how many elements are left. The question
 * costs a third of the time (measured); a second copy of every formula costs size. In f64, which is there for
 * checking gradients, size counts.
 */
// @ts-ignore: decorator
@inline
function wholeVectorsFirst<T>(): bool {
  return sizeof<T>() == 4;
}
