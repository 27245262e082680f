// The choice y = a where c ≠ 0, else b, of operands that broadcast. NaN ≠ 0.
//
//   backward    da = Σ dy where c ≠ 0, 0 elsewhere      db = Σ dy where c = 0, 0 elsewhere
//               summed over the axes along which a (b) was broadcast. c has no gradient.
//
// A choice, not a product: what was not chosen may be NaN or ∞ and shows nowhere. The tables of axes
// (lib/broadcast.ts) list o = out, p = c, q = a, r = b; and o = da or db, p = dout, q = c.
// A gradient overwrites, unless `accumulate`.

import { elementsPerIndex, Q, R, walk } from '../lib/broadcast';
import { select } from '../lib/float';
import { Assign, Sum } from '../lib/join';
import { zero } from '../lib/simd';

/** Indices [begin, end) of the split axis: out. It may be any of the operands that is not broadcast. */
// @ts-ignore: decorator
@parallel(0.3 * elementsPerIndex(axes))
export function whereForward<T>(
  out: usize,
  condition: usize, a: usize, b: usize,
  axes: usize, workspace: usize, begin: i32, end: i32,
): void {
  walk<T, Choice, Assign>(out, condition, a, b, axes, workspace, 0, begin, end);
}

/** Indices [begin, end) of the split axis: da. */
// @ts-ignore: decorator
@parallel(0.3 * elementsPerIndex(axes))
export function whereBackwardA<T>(
  da: usize,
  dout: usize, condition: usize,
  axes: usize, workspace: usize, accumulate: i32, begin: i32, end: i32,
): void {
  walk<T, Chosen, Sum>(da, dout, condition, dout, axes, workspace, accumulate, begin, end);
}

/** Indices [begin, end) of the split axis: db. */
// @ts-ignore: decorator
@parallel(0.3 * elementsPerIndex(axes))
export function whereBackwardB<T>(
  db: usize,
  dout: usize, condition: usize,
  axes: usize, workspace: usize, accumulate: i32, begin: i32, end: i32,
): void {
  walk<T, NotChosen, Sum>(db, dout, condition, dout, axes, workspace, accumulate, begin, end);
}

@unmanaged
class Choice {
  @inline reads(): i32 { return Q + R; }
  @inline value<T>(c: v128, a: v128, b: v128): v128 { return select(v128.ne<T>(c, zero()), a, b); }
}

@unmanaged
class Chosen {
  @inline reads(): i32 { return Q; }
  @inline value<T>(dy: v128, c: v128, _: v128): v128 { return v128.and(dy, v128.ne<T>(c, zero())); }
}

@unmanaged
class NotChosen {
  @inline reads(): i32 { return Q; }
  @inline value<T>(dy: v128, c: v128, _: v128): v128 { return v128.and(dy, v128.eq<T>(c, zero())); }
}
