// Arithmetic of one operand, y = f(x), and its gradient dx = dy·f′: formulas as in activation.ts, run by the same
// loops. A class says whether backward is handed x or y. NaN and infinities as in PyTorch.

import { apply, applyBackward } from '../lib/elementwise';
import { constant } from '../lib/float';
import { zero } from '../lib/simd';

/** Elements [begin, end): out = f(x). */
// @ts-ignore: decorator
@parallel(0.15, 16)
export function forward<T, F>(out: usize, x: usize, a: f64, b: f64, begin: i32, end: i32): void {
  apply<T, F>(out, x, a, b, begin, end, true);
}

/** Elements [begin, end): dx = dout·f′, or dx += with `accumulate`; `saved` is x or y as the class says. */
// @ts-ignore: decorator
@parallel(0.2, 16)
export function backward<T, F>(
  dx: usize,
  dout: usize, saved: usize,
  a: f64, b: f64, accumulate: i32, begin: i32, end: i32,
): void {
  applyBackward<T, F>(dx, dout, saved, a, b, accumulate, begin, end, true);
}

/** y = −x;  y′ = −1. Saves x, and does not look at it. */
@unmanaged
export class Neg {
  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.neg<T>(x);
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.neg<T>(dy);
  }
}

/** y = √x;  y′ = 1/(2y). Saves y. */
@unmanaged
export class Sqrt {
  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.sqrt<T>(x);
  }

  @inline
  backward<T>(dy: v128, y: v128, a: v128, b: v128): v128 {
    return v128.div<T>(dy, v128.add<T>(y, y));
  }
}

/** y = x²;  y′ = 2x. Saves x. */
@unmanaged
export class Square {
  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(x, x);
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(dy, v128.add<T>(x, x));
  }
}

/** y = |x|;  y′ = [x > 0] − [x < 0], and 0 for 0 and NaN. Saves x. */
@unmanaged
export class Abs {
  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.abs<T>(x);
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const one = constant<T>(1);
    const sign = v128.sub<T>(v128.and(v128.gt<T>(x, zero()), one), v128.and(v128.lt<T>(x, zero()), one));
    return v128.mul<T>(dy, sign);
  }
}

/** y = 1/x;  y′ = −y². Saves y. */
@unmanaged
export class Reciprocal {
  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.div<T>(constant<T>(1), x);
  }

  @inline
  backward<T>(dy: v128, y: v128, a: v128, b: v128): v128 {
    return v128.neg<T>(v128.mul<T>(v128.mul<T>(dy, y), y));
  }
}

/** y = min(max(x, a), b);  y′ = 1 for a ≤ x ≤ b, else 0: both ends count, unlike Hardtanh's. Saves x. */
@unmanaged
export class Clamp {
  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.pmin<T>(v128.pmax<T>(x, a), b);
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.and(dy, v128.and(v128.ge<T>(x, a), v128.le<T>(x, b)));
  }
}
