// Elementwise functions y = f(a, b) of operands that broadcast, and their gradients.
//
//   forward     y = f(a, b)
//   backward    da = Σ dy·∂f/∂a      summed over the axes along which a was broadcast; db likewise
//
// A function is a class with three methods on vectors; one walk over the axes (lib/broadcast.ts) runs them all.
// assembly/index.ts names the classes, and the build makes of each, say Mul, the kernels mulForward, mulBackwardA
// and mulBackwardB. The tables of axes list the operands as
//
//   forward: o = out, p = a, q = b      backwardA: o = da, p = dout, q = a, r = b      backwardB: the same with o = db
//
// What a gradient does not need of a (q) and b (r) it does not read: then their address and strides may be anything.
// A gradient overwrites, unless `accumulate`. out may be a or b, and da may be dout, where neither is broadcast.

import { elementsPerIndex, LONG, Q, R, walk } from '../lib/broadcast';
import { constant, select } from '../lib/float';
import { Assign, Sum } from '../lib/join';
import { log } from '../lib/math';
import { power } from '../lib/pow';
import { zero } from '../lib/simd';

/** Indices [begin, end) of the split axis: out = f(a, b). */
// @ts-ignore: decorator
@parallel(0.25 * elementsPerIndex(axes))
export function forward<T, F>(
  out: usize,
  a: usize, b: usize,
  axes: usize, workspace: usize, begin: i32, end: i32,
): void {
  walk<T, Forward<F>, Assign>(out, a, b, a, axes, workspace, 0, begin, end);
}

/** Indices [begin, end) of the split axis: da. */
// @ts-ignore: decorator
@parallel(0.25 * elementsPerIndex(axes))
export function backwardA<T, F>(
  da: usize,
  dout: usize, a: usize, b: usize,
  axes: usize, workspace: usize, accumulate: i32, begin: i32, end: i32,
): void {
  walk<T, BackwardA<F>, Sum>(da, dout, a, b, axes, workspace, accumulate, begin, end);
}

/** Indices [begin, end) of the split axis: db. */
// @ts-ignore: decorator
@parallel(0.25 * elementsPerIndex(axes))
export function backwardB<T, F>(
  db: usize,
  dout: usize, a: usize, b: usize,
  axes: usize, workspace: usize, accumulate: i32, begin: i32, end: i32,
): void {
  walk<T, BackwardB<F>, Sum>(db, dout, a, b, axes, workspace, accumulate, begin, end);
}

@unmanaged
class Forward<F> {
  @inline reads(): i32 { return Q; }
  @inline value<T>(a: v128, b: v128, _: v128): v128 { return changetype<F>(0).forward<T>(a, b); }
}

@unmanaged
class BackwardA<F> {
  @inline reads(): i32 { return changetype<F>(0).readsA(); }
  @inline value<T>(dy: v128, a: v128, b: v128): v128 { return changetype<F>(0).backwardA<T>(dy, a, b); }
}

@unmanaged
class BackwardB<F> {
  @inline reads(): i32 { return changetype<F>(0).readsB(); }
  @inline value<T>(dy: v128, a: v128, b: v128): v128 { return changetype<F>(0).backwardB<T>(dy, a, b); }
}

/** y = a + b;  da = dy,  db = dy. */
@unmanaged
export class Add {
  @inline readsA(): i32 { return 0; }
  @inline readsB(): i32 { return 0; }
  @inline forward<T>(a: v128, b: v128): v128 { return v128.add<T>(a, b); }
  @inline backwardA<T>(dy: v128, a: v128, b: v128): v128 { return dy; }
  @inline backwardB<T>(dy: v128, a: v128, b: v128): v128 { return dy; }
}

/** y = a − b;  da = dy,  db = −dy. */
@unmanaged
export class Sub {
  @inline readsA(): i32 { return 0; }
  @inline readsB(): i32 { return 0; }
  @inline forward<T>(a: v128, b: v128): v128 { return v128.sub<T>(a, b); }
  @inline backwardA<T>(dy: v128, a: v128, b: v128): v128 { return dy; }
  @inline backwardB<T>(dy: v128, a: v128, b: v128): v128 { return v128.neg<T>(dy); }
}

/** y = a·b;  da = dy·b,  db = dy·a. */
@unmanaged
export class Mul {
  @inline readsA(): i32 { return R; }
  @inline readsB(): i32 { return Q; }
  @inline forward<T>(a: v128, b: v128): v128 { return v128.mul<T>(a, b); }
  @inline backwardA<T>(dy: v128, a: v128, b: v128): v128 { return v128.mul<T>(dy, b); }
  @inline backwardB<T>(dy: v128, a: v128, b: v128): v128 { return v128.mul<T>(dy, a); }
}

/** y = a/b;  da = dy/b,  db = −dy·(a/b)/b. */
@unmanaged
export class Div {
  @inline readsA(): i32 { return R; }
  @inline readsB(): i32 { return Q + R; }
  @inline forward<T>(a: v128, b: v128): v128 { return v128.div<T>(a, b); }
  @inline backwardA<T>(dy: v128, a: v128, b: v128): v128 { return v128.div<T>(dy, b); }
  @inline backwardB<T>(dy: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(v128.neg<T>(dy), v128.div<T>(v128.div<T>(a, b), b));
  }
}

/** y = max(a, b), NaN if either is;  da = dy where a > b, dy/2 where a = b; db likewise. With a NaN both get dy. */
@unmanaged
export class Maximum {
  @inline readsA(): i32 { return Q + R; }
  @inline readsB(): i32 { return Q + R; }
  @inline forward<T>(a: v128, b: v128): v128 { return v128.max<T>(a, b); }
  @inline backwardA<T>(dy: v128, a: v128, b: v128): v128 {
    return v128.andnot(shared<T>(dy, a, b), v128.lt<T>(a, b));
  }
  @inline backwardB<T>(dy: v128, a: v128, b: v128): v128 {
    return v128.andnot(shared<T>(dy, a, b), v128.gt<T>(a, b));
  }
}

/** y = min(a, b), NaN if either is;  da = dy where a < b, dy/2 where a = b; db likewise. With a NaN both get dy. */
@unmanaged
export class Minimum {
  @inline readsA(): i32 { return Q + R; }
  @inline readsB(): i32 { return Q + R; }
  @inline forward<T>(a: v128, b: v128): v128 { return v128.min<T>(a, b); }
  @inline backwardA<T>(dy: v128, a: v128, b: v128): v128 {
    return v128.andnot(shared<T>(dy, a, b), v128.gt<T>(a, b));
  }
  @inline backwardB<T>(dy: v128, a: v128, b: v128): v128 {
    return v128.andnot(shared<T>(dy, a, b), v128.lt<T>(a, b));
  }
}

/** dy, of which each gets one half where a = b. */
// @ts-ignore: decorator
@inline
function shared<T>(dy: v128, a: v128, b: v128): v128 {
  return select(v128.eq<T>(a, b), v128.mul<T>(dy, constant<T>(0.5)), dy);
}

/** log a as a call, as aᵇ is: six loops hold it. */
function logarithm<T>(a: v128): v128 {
  return log<T>(a);
}

/** y = aᵇ;  da = dy·(b·aᵇ⁻¹), and 0 for b = 0;  db = dy·(aᵇ·log a), and 0 for a = 0 ≤ b. */
@unmanaged
export class Pow {
  @inline readsA(): i32 { return Q + R + LONG; }
  @inline readsB(): i32 { return Q + R + LONG; }
  @inline forward<T>(a: v128, b: v128): v128 { return power<T>(a, b); }
  @inline backwardA<T>(dy: v128, a: v128, b: v128): v128 {
    const slope = v128.mul<T>(b, power<T>(a, v128.sub<T>(b, constant<T>(1))));
    return v128.andnot(v128.mul<T>(dy, slope), v128.eq<T>(b, zero()));
  }
  @inline backwardB<T>(dy: v128, a: v128, b: v128): v128 {
    const none = v128.and(v128.eq<T>(a, zero()), v128.ge<T>(b, zero()));
    return v128.mul<T>(dy, v128.andnot(v128.mul<T>(power<T>(a, b), logarithm<T>(a)), none));
  }
}
