// Rows: neighbouring elements copied, added or set as a whole.

import { at, lanes, loadLanes, storeLanes } from './simd';

/** Bytes from which on memory.copy and memory.fill are surely faster than a loop over vectors (measured). */
const long: i32 = 512;

/** out[i] = x[i]. The rows do not overlap. */
// @ts-ignore: decorator
@inline
export function copyRow<T>(out: usize, x: usize, count: i32): void {
  const bytes = count << alignof<T>();
  if (bytes >= long) {
    memory.copy(out, x, bytes);
    return;
  }
  if (count < lanes<T>()) {
    if (count > 0) storeLanes<T>(out, loadLanes<T>(x, count), count);
    return;
  }
  // The last vector steps back, to end with the row.
  const lastO = at<T>(out, count - lanes<T>()), lastX = at<T>(x, count - lanes<T>());
  while (out + 48 <= lastO) {
    v128.store(out, v128.load(x), 0);
    v128.store(out, v128.load(x, 16), 16);
    v128.store(out, v128.load(x, 32), 32);
    v128.store(out, v128.load(x, 48), 48);
    out += 64;
    x += 64;
  }
  for (; out < lastO; out += 16) {
    v128.store(out, v128.load(x));
    x += 16;
  }
  v128.store(lastO, v128.load(lastX));
}

/** out[i·stride] += x[i]. */
// @ts-ignore: decorator
@inline
export function addRow<T>(out: usize, x: usize, count: i32, stride: i32 = 1): void {
  let i = 0;
  for (; stride != 1 && i < count; i++) {
    const to = at<T>(out, i * stride);
    store<T>(to, load<T>(to) + load<T>(at<T>(x, i)));
  }
  for (; i <= count - lanes<T>(); i += lanes<T>()) {
    v128.store(at<T>(out, i), v128.add<T>(v128.load(at<T>(out, i)), v128.load(at<T>(x, i))));
  }
  if (sizeof<T>() == 4 && count - i >= 2) {
    const to = at<T>(out, i), sum = v128.add<T>(v128.load64_zero(to), v128.load64_zero(at<T>(x, i)));
    v128.store64_lane(to, sum, 0);
    i += 2;
  }
  if (i < count) store<T>(at<T>(out, i), load<T>(at<T>(out, i)) + load<T>(at<T>(x, i)));
}

/** Elements [begin, end): out = value. */
// @ts-ignore: decorator
@parallel(0.1, 16)
export function fill<T>(out: usize, value: f64, begin: i32, end: i32): void {
  const bytes = (end - begin) << alignof<T>();
  if (bytes >= long && reinterpret<u64>(value) == 0) {
    memory.fill(at<T>(out, begin), 0, bytes);
    return;
  }
  const values = v128.splat<T>(<T>value);
  let i = begin;
  for (; i <= end - lanes<T>(); i += lanes<T>()) v128.store(at<T>(out, i), values);
  if (i < end) storeLanes<T>(at<T>(out, i), values, end - i);
}
