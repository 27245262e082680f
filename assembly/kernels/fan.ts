// A value that is read at several places fans out; its gradients fan in again, and add up:
//
//   y₁ = f(x), y₂ = g(x)        dx = dx₁ + dx₂

import { at, lanes, loadLanes, storeLanes } from '../lib/simd';

/** Elements [begin, end): out += x. */
// @ts-ignore: decorator
@parallel(0.2, 16)
export function accumulate<T>(out: usize, x: usize, begin: i32, end: i32): void {
  let i = begin;
  for (; i <= end - lanes<T>(); i += lanes<T>()) {
    v128.store(at<T>(out, i), v128.add<T>(v128.load(at<T>(out, i)), v128.load(at<T>(x, i))));
  }
  for (; i < end; i += lanes<T>()) {
    const sum = v128.add<T>(loadLanes<T>(at<T>(out, i), end - i), loadLanes<T>(at<T>(x, i), end - i));
    storeLanes<T>(at<T>(out, i), sum, end - i);
  }
}

/** Elements [begin, end): out = x. */
// @ts-ignore: decorator
@parallel(0.15, 16)
export function copyElements<T>(out: usize, x: usize, begin: i32, end: i32): void {
  memory.copy(at<T>(out, begin), at<T>(x, begin), <usize>(end - begin) << alignof<T>());
}
