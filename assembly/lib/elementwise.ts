// The loops of elementwise functions of one operand. F has forward<T>(x, a, b) and backward<T>(dy, saved, a, b).
//
// In f32, whole vectors have a loop of their own, which need not ask how many elements are left: the question costs a third
// of the time (measured). Where a formula is as short as the loop around it, another goes first that takes two vectors a
// turn: up to 1.6 times as fast. A copy of every formula costs size: f64, which is there for checking gradients, has one loop.

import { constant } from './float';
import { at, lanes, loadRest, storeRest } from './simd';

/** Elements [begin, end): out = f(x). */
// @ts-ignore: decorator
@inline
export function apply<T, F>(out: usize, x: usize, a: f64, b: f64, begin: i32, end: i32, short: bool): void {
  const as = constant<T>(a), bs = constant<T>(b);
  let i = begin;
  if (sizeof<T>() == 4) {
    if (short) {
      for (; i <= end - 2 * lanes<T>(); i += 2 * lanes<T>()) {
        const to = at<T>(out, i), from = at<T>(x, i);
        v128.store(to, changetype<F>(0).forward<T>(v128.load(from), as, bs));
        v128.store(to, changetype<F>(0).forward<T>(v128.load(from, 16), as, bs), 16);
      }
    }
    for (; i <= end - lanes<T>(); i += lanes<T>()) {
      v128.store(at<T>(out, i), changetype<F>(0).forward<T>(v128.load(at<T>(x, i)), as, bs));
    }
  }
  for (; i < end; i += lanes<T>()) {
    const y = changetype<F>(0).forward<T>(loadRest<T>(at<T>(x, i), end - i), as, bs);
    storeRest<T>(at<T>(out, i), y, end - i);
  }
}

/** Elements [begin, end): dx = dout·f′, or dx += with `accumulate`. */
// @ts-ignore: decorator
@inline
export function applyBackward<T, F>(
  dx: usize,
  dout: usize, saved: usize,
  a: f64, b: f64, accumulate: i32, begin: i32, end: i32, short: bool,
): void {
  const as = constant<T>(a), bs = constant<T>(b);
  let i = begin;
  if (sizeof<T>() == 4) {
    if (short) {
      for (; i <= end - 2 * lanes<T>(); i += 2 * lanes<T>()) {
        const to = at<T>(dx, i), dy = at<T>(dout, i), from = at<T>(saved, i);
        let d0 = changetype<F>(0).backward<T>(v128.load(dy), v128.load(from), as, bs);
        let d1 = changetype<F>(0).backward<T>(v128.load(dy, 16), v128.load(from, 16), as, bs);
        if (accumulate) {
          d0 = v128.add<T>(v128.load(to), d0);
          d1 = v128.add<T>(v128.load(to, 16), d1);
        }
        v128.store(to, d0);
        v128.store(to, d1, 16);
      }
    }
    for (; i <= end - lanes<T>(); i += lanes<T>()) {
      const to = at<T>(dx, i);
      let d = changetype<F>(0).backward<T>(v128.load(at<T>(dout, i)), v128.load(at<T>(saved, i)), as, bs);
      if (accumulate) d = v128.add<T>(v128.load(to), d);
      v128.store(to, d);
    }
  }
  for (; i < end; i += lanes<T>()) {
    const to = at<T>(dx, i), left = end - i;
    const dy = loadRest<T>(at<T>(dout, i), left);
    let d = changetype<F>(0).backward<T>(dy, loadRest<T>(at<T>(saved, i), left), as, bs);
    if (accumulate) d = v128.add<T>(loadRest<T>(to, left), d);
    storeRest<T>(to, d, left);
  }
}
