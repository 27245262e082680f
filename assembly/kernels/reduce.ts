// Reductions over any axes: y = Σ x/n (a sum with n = 1, a mean with n the number of terms) and y = max x.
//
//   sum     y = (Σ x)/n                       dx = dy/n                 to every x of the sum
//   max     y = max x                         dx = dy·[x = y]/c,  c = Σ [x = y]     evenly to all that are largest
//
// A NaN makes its maximum NaN; then nothing equals it, c = 0, and the gradient of the whole row is dy·0/0 = NaN, as
// in PyTorch. With n = 1, `sumForward` sums a gradient over broadcast axes, too.
//
// The tables of axes (lib/broadcast.ts) list the operands as said at each kernel, and are those of
// src/geometry/reduce.ts: y's first axis of size > 1 is the one that [begin, end) cuts, so the part of y that
// belongs to [begin, end) is contiguous.

import { elementsPerIndex, Q, R, slots, splitStride, walk } from '../lib/broadcast';
import { constant } from '../lib/float';
import { Max, Sum } from '../lib/join';
import { at, lanes, loadLanes, storeLanes } from '../lib/simd';

/** Indices [begin, end) of the split axis: out = (Σ x)/n. Table: o = out, p = x. */
// @ts-ignore: decorator
@parallel(0.1 * elementsPerIndex(axes))
export function sumForward<T>(
  out: usize,
  x: usize,
  n: f64, axes: usize, workspace: usize, begin: i32, end: i32,
): void {
  walk<T, Itself, Sum>(out, x, x, x, axes, workspace, 0, begin, end);
  if (n == 1) return;
  const ns = constant<T>(n), stride = splitStride(axes);
  for (let i = begin * stride; i < end * stride; i += lanes<T>()) {
    const left = end * stride - i;
    storeLanes<T>(at<T>(out, i), v128.div<T>(loadLanes<T>(at<T>(out, i), left), ns), left);
  }
}

/**
 * Indices [begin, end) of the split axis: dx = dout·(1/n). Table: o = dx, p = dout, q = 1/n as a tensor of shape [].
 * It overwrites, unless `accumulate`. 1/n is written behind the slots of the workspace: a division for every element
 * of dx takes twice as long (measured).
 */
// @ts-ignore: decorator
@parallel(0.15 * elementsPerIndex(axes))
export function sumBackward<T>(
  dx: usize,
  dout: usize,
  n: f64, axes: usize, workspace: usize, accumulate: i32, begin: i32, end: i32,
): void {
  store<T>(workspace + slots, <T>(1 / n));
  walk<T, Product, Sum>(dx, dout, workspace + slots, dout, axes, workspace, accumulate, begin, end);
}

/** Indices [begin, end) of the split axis: out = max x. Table: o = out, p = x. */
// @ts-ignore: decorator
@parallel(0.1 * elementsPerIndex(axes))
export function maxForward<T>(out: usize, x: usize, axes: usize, workspace: usize, begin: i32, end: i32): void {
  walk<T, Itself, Max>(out, x, x, x, axes, workspace, 0, begin, end);
}

/**
 * Indices [begin, end) of the split axis, which is the same in both tables: dx, and dy/c on the way.
 * share: dy/c, like dout, overwritten. dx overwrites, unless `accumulate`.
 * Tables: countAxes: o = share, p = x, q = out; axes: o = dx, p = share, q = x, r = out.
 */
// @ts-ignore: decorator
@parallel(0.4 * elementsPerIndex(axes))
export function maxBackward<T>(
  dx: usize, share: usize,
  dout: usize, x: usize, out: usize,
  countAxes: usize, axes: usize, workspace: usize, accumulate: i32, begin: i32, end: i32,
): void {
  const stride = splitStride(countAxes), step = max(1, together / elementsPerIndex(axes));
  // A piece at a time, since x is read twice.
  for (let from = begin; from < end; from += step) {
    const to = min(from + step, end);
    walk<T, Ties, Sum>(share, x, out, x, countAxes, workspace, 0, from, to);
    for (let i = from * stride; i < to * stride; i += lanes<T>()) {
      const left = to * stride - i;
      const count = loadLanes<T>(at<T>(share, i), left);
      storeLanes<T>(at<T>(share, i), v128.div<T>(loadLanes<T>(at<T>(dout, i), left), count), left);
    }
    walk<T, ToTies, Sum>(dx, share, x, out, axes, workspace, accumulate, from, to);
  }
}

/** Elements of x that the second level of cache holds, with the same of dx. */
const together = 32768;

@unmanaged
class Itself {
  @inline reads(): i32 { return 0; }
  @inline value<T>(x: v128, _q: v128, _r: v128): v128 { return x; }
}

@unmanaged
class Product {
  @inline reads(): i32 { return Q; }
  @inline value<T>(x: v128, factor: v128, _r: v128): v128 { return v128.mul<T>(x, factor); }
}

/** [x = y]. */
@unmanaged
class Ties {
  @inline reads(): i32 { return Q; }
  @inline value<T>(x: v128, y: v128, _r: v128): v128 { return v128.and(v128.eq<T>(x, y), constant<T>(1)); }
}

/** s·[x = y]: a product, so that s = ∞ or NaN shows in the whole row. */
@unmanaged
class ToTies {
  @inline reads(): i32 { return Q + R; }
  @inline value<T>(s: v128, x: v128, y: v128): v128 {
    return v128.mul<T>(s, v128.and(v128.eq<T>(x, y), constant<T>(1)));
  }
}
