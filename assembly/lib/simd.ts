// What a kernel needs of 128-bit vectors, for f32 (4 lanes) and f64 (2 lanes) alike.
//
// v128.add<T>, v128.mul<T> and friends already choose the instruction from T; this file adds what the
// instruction set lacks: a fused multiply-add where the build has one, horizontal sums, and tails.

/** Lanes of one vector of T: 4 for f32, 2 for f64. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return 16 / sizeof<T>();
}

/** a·b + c: rounded once in the relaxed build (where the CPU has FMA), twice in the plain one. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(v128.mul<T>(a, b), c);
}

/** c − a·b. */
// @ts-ignore: decorator
@inline
export function nmadd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<T>(a, b, c);
  return v128.sub<T>(c, v128.mul<T>(a, b));
}

/** All lanes zero. */
// @ts-ignore: decorator
@inline
export function zero(): v128 {
  return i64x2.splat(0);
}

/** The sum of the lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function sumLanes<T>(v: v128): T {
  if (sizeof<T>() == 8) {
    return <T>(v128.extract_lane<f64>(v, 0) + v128.extract_lane<f64>(v, 1));
  }
  const pairs = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return <T>(v128.extract_lane<f32>(pairs, 0) + v128.extract_lane<f32>(pairs, 1));
}

/** The largest lane; NaN if any lane is NaN. */
// @ts-ignore: decorator
@inline
export function maxLanes<T>(v: v128): T {
  if (sizeof<T>() == 8) {
    return <T>max<f64>(v128.extract_lane<f64>(v, 0), v128.extract_lane<f64>(v, 1));
  }
  const pairs = f32x4.max(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return <T>max<f32>(v128.extract_lane<f32>(pairs, 0), v128.extract_lane<f32>(pairs, 1));
}

/** The address of element `index` of an array of T. */
// @ts-ignore: decorator
@inline
export function at<T>(base: usize, index: i32): usize {
  return base + (<usize>index << alignof<T>());
}

// Tails. A loop over n elements runs `for (let i = 0; i < n; i += lanes<T>())` and hands `n - i`, the elements
// left, to the functions below: a full vector is one load, the last partial one reads and writes only what is
// there. So a formula stands once, not once for vectors and once for the rest.

/** The next lanes<T>() elements at `from`; where fewer are `left` (≥ 1), those, and 0 in the other lanes. */
// @ts-ignore: decorator
@inline
export function loadLanes<T>(from: usize, left: i32): v128 {
  return left >= lanes<T>() ? v128.load(from) : loadTail<T>(from, left);
}

/** Writes the first min(left, lanes) lanes of v to `to`, and nothing beyond them. */
// @ts-ignore: decorator
@inline
export function storeLanes<T>(to: usize, v: v128, left: i32): void {
  if (left >= lanes<T>()) v128.store(to, v);
  else storeTail<T>(to, v, left);
}

/** As loadLanes, behind a loop over whole vectors where T is f32: fewer elements are left than a vector has lanes. */
// @ts-ignore: decorator
@inline
export function loadRest<T>(from: usize, left: i32): v128 {
  return sizeof<T>() == 4 ? loadTail<T>(from, left) : loadLanes<T>(from, left);
}

/** As storeLanes, there. */
// @ts-ignore: decorator
@inline
export function storeRest<T>(to: usize, v: v128, left: i32): void {
  if (sizeof<T>() == 4) storeTail<T>(to, v, left);
  else storeLanes<T>(to, v, left);
}

/** v with 0 in the lanes beyond the elements left. */
// @ts-ignore: decorator
@inline
export function maskLanes<T>(v: v128, left: i32): v128 {
  return left >= lanes<T>() ? v : v128.and(v, tailMask<T>(left));
}

/** v with `fill` in the lanes beyond the elements left (a maximum wants −∞ there, not 0). */
// @ts-ignore: decorator
@inline
export function fillLanes<T>(v: v128, fill: v128, left: i32): v128 {
  return left >= lanes<T>() ? v : v128.bitselect(v, fill, tailMask<T>(left));
}

/**
 * Where a loop ends that takes `together` (a power of two) vectors at a time and need not ask how many elements are left;
 * the rest of `count` has a loop of its own. The question costs a third of the time (measured), a second copy of every
 * formula costs size: f64, which is there for checking gradients, always asks.
 */
// @ts-ignore: decorator
@inline
export function wholeVectors<T>(count: i32, together: i32 = 1): i32 {
  return sizeof<T>() == 4 ? count & ~(together * lanes<T>() - 1) : 0;
}

/** All bits set in the first `count` lanes. */
export function tailMask<T>(count: i32): v128 {
  if (sizeof<T>() == 8) return i64x2.gt_s(i64x2.splat(count), i64x2(0, 1));
  return i32x4.gt_s(i32x4.splat(count), i32x4(0, 1, 2, 3));
}

function loadTail<T>(from: usize, count: i32): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(from);
  if (count == 1) return v128.load32_zero(from);
  const pair = v128.load64_zero(from);
  if (count == 2) return pair;
  return v128.load32_lane(from, pair, 2, 8);
}

function storeTail<T>(to: usize, v: v128, count: i32): void {
  if (sizeof<T>() == 8) {
    v128.store64_lane(to, v, 0);
  } else if (count == 1) {
    v128.store32_lane(to, v, 0);
  } else {
    v128.store64_lane(to, v, 0);
    if (count == 3) v128.store32_lane(to, v, 2, 8);
  }
}
