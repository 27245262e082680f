// Comparisons y = [a < b] and the like of operands that broadcast: 1 where it holds, else 0, in T. They are constant
// wherever they have a derivative, so there is no backward. A comparison with NaN is false.
//
// The table of axes lists o = out, p = a, q = b (lib/broadcast.ts).

import { elementsPerIndex, Q, walk } from '../lib/broadcast';
import { constant } from '../lib/float';
import { Assign } from '../lib/join';

/** Indices [begin, end) of the split axis: out = [a ∘ b]. out may be a or b where neither is broadcast. */
// @ts-ignore: decorator
@parallel(0.25 * elementsPerIndex(axes))
export function forward<T, F>(
  out: usize,
  a: usize, b: usize,
  axes: usize, workspace: usize, begin: i32, end: i32,
): void {
  walk<T, F, Assign>(out, a, b, a, axes, workspace, 0, begin, end);
}

/** y = [a < b]. */
@unmanaged
export class Less {
  @inline reads(): i32 { return Q; }
  @inline value<T>(a: v128, b: v128, _: v128): v128 { return v128.and(v128.lt<T>(a, b), constant<T>(1)); }
}

/** y = [a ≤ b]. */
@unmanaged
export class LessEqual {
  @inline reads(): i32 { return Q; }
  @inline value<T>(a: v128, b: v128, _: v128): v128 { return v128.and(v128.le<T>(a, b), constant<T>(1)); }
}

/** y = [a = b]. */
@unmanaged
export class Equal {
  @inline reads(): i32 { return Q; }
  @inline value<T>(a: v128, b: v128, _: v128): v128 { return v128.and(v128.eq<T>(a, b), constant<T>(1)); }
}
