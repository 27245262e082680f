// Vectors of elements that lie apart: the columns that neighbouring windows of an image begin with.

import { at, lanes } from './simd';

/** Every stride-th element from `from` on, one per lane; for stride 0 the first in all lanes. Reads nothing beyond the last of them. */
// @ts-ignore: decorator
@inline
export function loadColumns<T>(from: usize, stride: i32): v128 {
  if (stride == 0) return v128.load_splat<T>(from);
  if (stride == 1) return v128.load(from);
  if (stride == 2) {
    const low = v128.load(from), high = v128.load(at<T>(from, lanes<T>() - 1));
    if (sizeof<T>() == 8) return v128.shuffle<f64>(low, high, 0, 3);
    return v128.shuffle<f32>(low, high, 0, 2, 5, 7);
  }
  if (sizeof<T>() == 8) return v128.load64_lane(at<T>(from, stride), v128.load64_zero(from), 1);
  let v = v128.load32_zero(from);
  v = v128.load32_lane(at<T>(from, stride), v, 1);
  v = v128.load32_lane(at<T>(from, 2 * stride), v, 2);
  return v128.load32_lane(at<T>(from, 3 * stride), v, 3);
}

/** Writes the lanes of v to every stride-th element from `to` on. */
// @ts-ignore: decorator
@inline
export function storeColumns<T>(to: usize, v: v128, stride: i32): void {
  if (stride == 1) {
    v128.store(to, v);
  } else if (sizeof<T>() == 8) {
    v128.store64_lane(to, v, 0);
    v128.store64_lane(at<T>(to, stride), v, 1);
  } else {
    v128.store32_lane(to, v, 0);
    v128.store32_lane(at<T>(to, stride), v, 1);
    v128.store32_lane(at<T>(to, 2 * stride), v, 2);
    v128.store32_lane(at<T>(to, 3 * stride), v, 3);
  }
}

/** Elements 0, 2, 4, … of a and b, one behind the other. */
// @ts-ignore: decorator
@inline
export function evens<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8 ? v128.shuffle<f64>(a, b, 0, 2) : v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

/** Elements 1, 3, 5, … of a and b. */
// @ts-ignore: decorator
@inline
export function odds<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8 ? v128.shuffle<f64>(a, b, 1, 3) : v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}

/** The elements of the lower halves of a and b in turns. */
// @ts-ignore: decorator
@inline
export function zipLow<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8 ? v128.shuffle<f64>(a, b, 0, 2) : v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

/** The elements of the upper halves of a and b in turns. */
// @ts-ignore: decorator
@inline
export function zipHigh<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8 ? v128.shuffle<f64>(a, b, 1, 3) : v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

/** out[i] = x[i·stride]. */
export function gatherRow<T>(out: usize, x: usize, count: i32, stride: i32): void {
  let i = 0;
  for (; i <= count - lanes<T>(); i += lanes<T>()) {
    const from = at<T>(x, i * stride);
    let v: v128;
    if (stride == 2) v = loadColumns<T>(from, 2);
    else if (stride == -1) v = reversed<T>(v128.load(at<T>(from, 1 - lanes<T>())));
    else v = loadColumns<T>(from, stride);
    v128.store(at<T>(out, i), v);
  }
  for (; i < count; i++) store<T>(at<T>(out, i), load<T>(at<T>(x, i * stride)));
}

/** out[i·stride] = x[i]. */
export function scatterRow<T>(out: usize, x: usize, count: i32, stride: i32): void {
  let i = 0;
  for (; i <= count - lanes<T>(); i += lanes<T>()) storeColumns<T>(at<T>(out, i * stride), v128.load(at<T>(x, i)), stride);
  for (; i < count; i++) store<T>(at<T>(out, i * stride), load<T>(at<T>(x, i)));
}

/** Where a column lies among the even ones at z or the odd ones `apart` elements further on. */
// @ts-ignore: decorator
@inline
export function columnInPhases<T>(z: usize, apart: i32, column: i32): usize {
  return at<T>(z, (column & 1) * apart + (column >> 1));
}

/** a and b = elements 0, 2, … and 1, 3, … of x, `count` in all. */
export function unzipRow<T>(a: usize, b: usize, x: usize, count: i32): void {
  const L = lanes<T>();
  for (; count >= 2 * L; count -= 2 * L) {
    const low = v128.load(x), high = v128.load(x, 16);
    v128.store(a, evens<T>(low, high));
    v128.store(b, odds<T>(low, high));
    x += 32;
    a += 16;
    b += 16;
  }
  for (let i = 0; i < count; i++) store<T>(at<T>(i & 1 ? b : a, i >> 1), load<T>(at<T>(x, i)));
}

/** The inverse: x (=|+=) elements of a and b in turns. */
export function zipRow<T>(x: usize, a: usize, b: usize, count: i32, accumulate: bool): void {
  const L = lanes<T>();
  for (; count >= 2 * L; count -= 2 * L) {
    let low = zipLow<T>(v128.load(a), v128.load(b)), high = zipHigh<T>(v128.load(a), v128.load(b));
    if (accumulate) {
      low = v128.add<T>(low, v128.load(x));
      high = v128.add<T>(high, v128.load(x, 16));
    }
    v128.store(x, low);
    v128.store(x, high, 16);
    x += 32;
    a += 16;
    b += 16;
  }
  for (let i = 0; i < count; i++) {
    const to = at<T>(x, i), v = load<T>(at<T>(i & 1 ? b : a, i >> 1));
    store<T>(to, accumulate ? load<T>(to) + v : v);
  }
}

/** The elements of v, the last first. */
// @ts-ignore: decorator
@inline
function reversed<T>(v: v128): v128 {
  return sizeof<T>() == 8 ? v128.shuffle<f64>(v, v, 1, 0) : v128.shuffle<f32>(v, v, 3, 2, 1, 0);
}
