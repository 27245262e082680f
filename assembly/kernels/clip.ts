// Norms of a gradient and what clipping does to it (Pascanu, Mikolov, Bengio 2013).
//
//   ‖g‖₁ = Σ|g|      ‖g‖₂² = Σg²      ‖g‖∞ = max|g|
//   by norm:   g ← c·g, c = min(1, max/(‖g‖ + 1e-6)) with the norm over all parameters
//   by value:  g ← min(max(g, −limit), limit)
//
// Sums run in f64 for f32 gradients too: the squares of 10⁸ elements neither overflow nor lose the small ones.
// They are taken in blocks of fixed size, which threads divide, and added up by `total` (sum.ts). NaN stays NaN.

import { at, lanes, loadLanes, madd, maxLanes, storeLanes, sumLanes, wholeVectors, zero } from '../lib/simd';

/** Blocks [begin, end) of n elements: sums[b] = Σ|x|. */
// @ts-ignore: decorator
@parallel(0.2 * block)
export function absoluteSum<T>(sums: usize, x: usize, n: i32, block: i32, begin: i32, end: i32): void {
  for (let b = begin; b < end; b++) {
    let low = zero(), high = zero();
    for (let i = b * block, stop = min(n, i + block); i < stop; i += lanes<T>()) {
      const v = v128.abs<T>(loadLanes<T>(at<T>(x, i), stop - i));
      low = f64x2.add(low, lowHalf<T>(v));
      if (sizeof<T>() == 4) high = f64x2.add(high, highHalf(v));
    }
    store<f64>(at<f64>(sums, b), sumLanes<f64>(f64x2.add(low, high)));
  }
}

/** Blocks [begin, end) of n elements: sums[b] = Σx². */
// @ts-ignore: decorator
@parallel(0.2 * block)
export function squareSum<T>(sums: usize, x: usize, n: i32, block: i32, begin: i32, end: i32): void {
  for (let b = begin; b < end; b++) {
    let low = zero(), high = zero();
    for (let i = b * block, stop = min(n, i + block); i < stop; i += lanes<T>()) {
      const v = loadLanes<T>(at<T>(x, i), stop - i);
      const l = lowHalf<T>(v);
      low = madd<f64>(l, l, low);
      if (sizeof<T>() == 4) {
        const h = highHalf(v);
        high = madd<f64>(h, h, high);
      }
    }
    store<f64>(at<f64>(sums, b), sumLanes<f64>(f64x2.add(low, high)));
  }
}

/** Blocks [begin, end) of n elements: most[b] = max|x|; NaN if any is NaN. */
// @ts-ignore: decorator
@parallel(0.15 * block)
export function absoluteMax<T>(most: usize, x: usize, n: i32, block: i32, begin: i32, end: i32): void {
  for (let b = begin; b < end; b++) {
    // pmax is one instruction where max is eight, and drops NaN; so NaN is looked for beside it.
    let largest = zero(), ordered = v128.eq<T>(largest, largest);
    for (let i = b * block, stop = min(n, i + block); i < stop; i += lanes<T>()) {
      const v = v128.abs<T>(loadLanes<T>(at<T>(x, i), stop - i));
      largest = v128.pmax<T>(largest, v);
      ordered = v128.and(ordered, v128.eq<T>(v, v));
    }
    store<f64>(at<f64>(most, b), v128.all_true<i8>(ordered) ? <f64>maxLanes<T>(largest) : NaN);
  }
}

/** x ← factor·x for elements [begin, end). */
// @ts-ignore: decorator
@parallel(0.15, 16)
export function scaleInPlace<T>(x: usize, factor: f64, begin: i32, end: i32): void {
  const factors = v128.splat<T>(<T>factor), whole = begin + wholeVectors<T>(end - begin);
  let i = begin;
  for (; i < whole; i += lanes<T>()) v128.store(at<T>(x, i), v128.mul<T>(factors, v128.load(at<T>(x, i))));
  for (; i < end; i += lanes<T>()) {
    storeLanes<T>(at<T>(x, i), v128.mul<T>(factors, loadLanes<T>(at<T>(x, i), end - i)), end - i);
  }
}

/** x ← min(max(x, −limit), limit) for elements [begin, end). */
// @ts-ignore: decorator
@parallel(0.15, 16)
export function clampInPlace<T>(x: usize, limit: f64, begin: i32, end: i32): void {
  const high = v128.splat<T>(<T>limit), low = v128.splat<T>(<T>-limit);
  for (let i = begin; i < end; i += lanes<T>()) {
    const v = loadLanes<T>(at<T>(x, i), end - i);
    // Of (v, bound), pmax and pmin give v where it is NaN.
    storeLanes<T>(at<T>(x, i), v128.pmin<T>(v128.pmax<T>(v, low), high), end - i);
  }
}

/** The first two elements as f64. */
// @ts-ignore: decorator
@inline
function lowHalf<T>(v: v128): v128 {
  return sizeof<T>() == 8 ? v : f64x2.promote_low_f32x4(v);
}

/** The last two of four f32 elements as f64. */
// @ts-ignore: decorator
@inline
function highHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
}
