// Elementwise functions y = f(x) with hyper-parameters a and b, and their gradients dx = dy·f′.
//
// A function is a class with two methods on vectors; one loop (lib/elementwise.ts) runs them all. assembly/index.ts
// names the classes, and the build makes of each, say Relu, the kernels reluForward and reluBackward. `work` is how many
// nanoseconds an element takes forward; below 0.3 the formula takes no longer than the loop around it (isShort). Backward is
// handed what its class says it needs in `saved`: the input x, or the output y where f′ is cheaper by it. The result
// may overwrite any of the arrays that it is computed from. Those of arithmetic are in unary.ts.
//
// Everything follows from e = e^−|x| ≤ 1 where it can, so that nothing overflows and no tail cancels. NaN passes
// through: a comparison with it is false, and every mask is chosen so that false keeps x (forward) or dy
// (backward), as in PyTorch.

import { apply, applyBackward } from '../lib/elementwise';
import { clamp, constant, select } from '../lib/float';
import { erf, exp, expm1, expOfNegative, log, log1p, normalBell, normalCdf, sigmoid, tanh } from '../lib/math';
import { madd, nmadd, zero } from '../lib/simd';

/** Elements [begin, end): out = f(x). */
// @ts-ignore: decorator
@parallel(changetype<F>(0).work, 16)
export function forward<T, F>(out: usize, x: usize, a: f64, b: f64, begin: i32, end: i32): void {
  apply<T, F>(out, x, a, b, begin, end, isShort<F>());
}

/** Elements [begin, end): dx = dout·f′, or dx += with `accumulate`; `saved` is x or y as the class says. */
// @ts-ignore: decorator
@parallel(0.4 + 0.25 * changetype<F>(0).work, 16)
export function backward<T, F>(
  dx: usize,
  dout: usize, saved: usize,
  a: f64, b: f64, accumulate: i32, begin: i32, end: i32,
): void {
  applyBackward<T, F>(dx, dout, saved, a, b, accumulate, begin, end, isShort<F>());
}

/** Whether the loop around a formula takes as long as the formula. */
// @ts-ignore: decorator
@inline
function isShort<F>(): bool {
  return changetype<F>(0).work < 0.3;
}

/** y = max(x, 0);  y′ = [x > 0], and 0 at 0. Saves x or y. */
@unmanaged
export class Relu {
  @inline get work(): f64 { return 0.25; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.andnot(x, v128.le<T>(x, zero()));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.andnot(dy, v128.le<T>(x, zero()));
  }
}

/** y = x for x > 0, a·x else;  y′ = 1 or a, and a at 0. Saves x. */
@unmanaged
export class LeakyRelu {
  @inline get work(): f64 { return 0.25; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return select(v128.gt<T>(x, zero()), x, v128.mul<T>(a, x));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return select(v128.gt<T>(x, zero()), dy, v128.mul<T>(a, dy));
  }
}

/** y = x for x > 0, a·(eˣ − 1) else;  y′ = 1 or a·eˣ. Saves x. */
@unmanaged
export class Elu {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return select(v128.gt<T>(x, zero()), x, v128.mul<T>(a, expm1<T>(x)));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return select(v128.gt<T>(x, zero()), dy, v128.mul<T>(dy, v128.mul<T>(a, exp<T>(x))));
  }
}

/** y = b·(x for x > 0, a·(eˣ − 1) else): ELU with a scale (Klambauer et al. 2017). Saves x. */
@unmanaged
export class Selu {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(b, select(v128.gt<T>(x, zero()), x, v128.mul<T>(a, expm1<T>(x))));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const g = v128.mul<T>(b, dy);
    return select(v128.gt<T>(x, zero()), g, v128.mul<T>(g, v128.mul<T>(a, exp<T>(x))));
  }
}

/** y = σ(x) = 1/(1 + e⁻ˣ);  y′ = y·(1 − y). Saves y. */
@unmanaged
export class Sigmoid {
  @inline get work(): f64 { return 2; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return sigmoid<T>(x);
  }

  @inline
  backward<T>(dy: v128, y: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(dy, v128.mul<T>(y, v128.sub<T>(constant<T>(1), y)));
  }
}

/** y = tanh x;  y′ = 1 − y². Saves y. */
@unmanaged
export class Tanh {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return tanh<T>(x);
  }

  @inline
  backward<T>(dy: v128, y: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(dy, nmadd<T>(y, y, constant<T>(1)));
  }
}

/** y = x·Φ(x);  y′ = Φ(x) + x·φ(x), Φ and φ the normal distribution and its density. Saves x. */
@unmanaged
export class Gelu {
  @inline get work(): f64 { return 3.5; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(x, normalCdf<T>(x, normalBell<T>(x)));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const bell = normalBell<T>(x), density = v128.mul<T>(bell, constant<T>(0.3989422804014327));
    return v128.mul<T>(dy, madd<T>(x, density, normalCdf<T>(x, bell)));
  }
}

/**
 * y = ½x·(1 + tanh u) = x·σ(2u),  2u = √(8/π)·(x + 0.044715·x³)
 * y′ = σ(2u) + x·σ′(2u)·(2u)′,    (2u)′ = √(8/π)·(1 + 3·0.044715·x²). Saves x.
 */
@unmanaged
export class GeluTanh {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(x, sigmoid<T>(geluTanhArgument<T>(x)));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const v = geluTanhArgument<T>(x);
    // σ′ has underflowed long before |x| = 50, but beyond it (2u)′ may be ∞.
    const near = clamp<T>(x, -50, 50);
    const cubic = constant<T>(3 * 0.044715 * 1.5957691216057308);
    const slope = madd<T>(v128.mul<T>(near, near), cubic, constant<T>(1.5957691216057308));
    const g = madd<T>(v128.mul<T>(near, sigmoidSlope<T>(v)), slope, sigmoid<T>(v));
    return v128.mul<T>(dy, g);
  }
}

/** y = x·σ(x);  y′ = σ(x) + x·σ′(x). Saves x. */
@unmanaged
export class Silu {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(x, sigmoid<T>(x));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(dy, madd<T>(x, sigmoidSlope<T>(x), sigmoid<T>(x)));
  }
}

/** y = log(1 + e^(a·x))/a, and x itself where a·x > b;  y′ = σ(a·x), or 1. Saves x. */
@unmanaged
export class Softplus {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    const ax = v128.mul<T>(a, x);
    return select(v128.gt<T>(ax, b), x, v128.div<T>(softplus<T>(ax), a));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const ax = v128.mul<T>(a, x);
    return select(v128.gt<T>(ax, b), dy, v128.mul<T>(dy, sigmoid<T>(ax)));
  }
}

/** y = log σ(x) = −log(1 + e⁻ˣ);  y′ = σ(−x). Saves x. */
@unmanaged
export class LogSigmoid {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.neg<T>(softplus<T>(v128.neg<T>(x)));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(dy, sigmoid<T>(v128.neg<T>(x)));
  }
}

/**
 * y = x·t,  t = tanh(log(1 + eˣ)) (Misra 2019);  y′ = t + x·(1 − t²)·σ(x). Saves x.
 * With (1 + eˣ)² = w:  t = (w − 1)/(w + 1), so that with e = e^−|x|
 *   x < 0:  t = (e² + 2e)/d,  d = e² + 2e + 2       x ≥ 0:  t = (1 + 2e)/d,  d = 1 + 2e + 2e²
 *   (1 − t²)·σ = 4e·(1 + e)/d²                      (1 − t²)·σ = 4e²·(1 + e)/d²
 */
@unmanaged
export class Mish {
  @inline get work(): f64 { return 3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    const e = expOfNegative<T>(v128.neg<T>(v128.abs<T>(x)));
    return v128.mul<T>(x, v128.div<T>(mishNumerator<T>(x, e), mishDenominator<T>(x, e)));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const e = expOfNegative<T>(v128.neg<T>(v128.abs<T>(x)));
    const d = mishDenominator<T>(x, e);
    const t = v128.div<T>(mishNumerator<T>(x, e), d);
    const power = v128.mul<T>(e, select(v128.lt<T>(x, zero()), constant<T>(4), v128.mul<T>(constant<T>(4), e)));
    const slope = v128.div<T>(madd<T>(power, e, power), v128.mul<T>(d, d));
    return v128.mul<T>(dy, madd<T>(x, slope, t));
  }
}

/** y = x·min(max(x + 3, 0), 6)/6;  y′ = 0 below −3, 1 above 3, x/3 + ½ between. Saves x. */
@unmanaged
export class Hardswish {
  @inline get work(): f64 { return 0.3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.div<T>(v128.mul<T>(x, clamp<T>(v128.add<T>(x, constant<T>(3)), 0, 6)), constant<T>(6));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const three = constant<T>(3);
    const between = v128.mul<T>(dy, v128.add<T>(v128.div<T>(x, three), constant<T>(0.5)));
    const g = select(v128.gt<T>(x, three), dy, between);
    return v128.andnot(g, v128.lt<T>(x, v128.neg<T>(three)));
  }
}

/** y = min(max(x + 3, 0), 6)/6;  y′ = 1/6 for −3 < x < 3, else 0. Saves x. */
@unmanaged
export class Hardsigmoid {
  @inline get work(): f64 { return 0.3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.div<T>(clamp<T>(v128.add<T>(x, constant<T>(3)), 0, 6), constant<T>(6));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.andnot(v128.div<T>(dy, constant<T>(6)), v128.ge<T>(v128.abs<T>(x), constant<T>(3)));
  }
}

/** y = min(max(x, a), b), ReLU6 with a = 0, b = 6;  y′ = 1 for a < x < b, else 0. Saves x or y. */
@unmanaged
export class Hardtanh {
  @inline get work(): f64 { return 0.25; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.pmin<T>(v128.pmax<T>(x, a), b);
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.andnot(dy, v128.or(v128.le<T>(x, a), v128.ge<T>(x, b)));
  }
}

/** y = x/(1 + |x|);  y′ = 1/(1 + |x|)². Saves x. */
@unmanaged
export class Softsign {
  @inline get work(): f64 { return 0.3; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return v128.div<T>(x, v128.add<T>(constant<T>(1), v128.abs<T>(x)));
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const d = v128.add<T>(constant<T>(1), v128.abs<T>(x));
    return v128.div<T>(v128.div<T>(dy, d), d);
  }
}

/** y = eˣ = y′. Saves y. */
@unmanaged
export class Exp {
  @inline get work(): f64 { return 1.5; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return exp<T>(x);
  }

  @inline
  backward<T>(dy: v128, y: v128, a: v128, b: v128): v128 {
    return v128.mul<T>(dy, y);
  }
}

/** y = log x;  y′ = 1/x. Saves x. */
@unmanaged
export class Log {
  @inline get work(): f64 { return 2; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return log<T>(x);
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    return v128.div<T>(dy, x);
  }
}

/** y = erf x;  y′ = 2/√π·e^(−x²). Saves x. */
@unmanaged
export class Erf {
  @inline get work(): f64 { return 3.5; }

  @inline
  forward<T>(x: v128, a: v128, b: v128): v128 {
    return erf<T>(x);
  }

  @inline
  backward<T>(dy: v128, x: v128, a: v128, b: v128): v128 {
    const density = v128.mul<T>(expOfNegative<T>(v128.neg<T>(v128.mul<T>(x, x))), constant<T>(1.1283791670955126));
    return v128.mul<T>(dy, density);
  }
}

/** log(1 + eˣ) = max(x, 0) + log1p(e^−|x|). */
// @ts-ignore: decorator
@inline
function softplus<T>(x: v128): v128 {
  const positive = v128.andnot(x, v128.lt<T>(x, zero()));
  return v128.add<T>(positive, log1p<T>(expOfNegative<T>(v128.neg<T>(v128.abs<T>(x)))));
}

/** σ′(x) = σ(x)·σ(−x) = e/(1 + e)². */
// @ts-ignore: decorator
@inline
function sigmoidSlope<T>(x: v128): v128 {
  const e = expOfNegative<T>(v128.neg<T>(v128.abs<T>(x)));
  const d = v128.add<T>(constant<T>(1), e);
  return v128.div<T>(e, v128.mul<T>(d, d));
}

/** 2u = √(8/π)·(x + 0.044715·x³). */
// @ts-ignore: decorator
@inline
function geluTanhArgument<T>(x: v128): v128 {
  const cubic = constant<T>(0.044715 * 1.5957691216057308);
  return v128.mul<T>(x, madd<T>(v128.mul<T>(x, x), cubic, constant<T>(1.5957691216057308)));
}

// @ts-ignore: decorator
@inline
function mishNumerator<T>(x: v128, e: v128): v128 {
  const two = v128.add<T>(e, e);
  return v128.add<T>(two, select(v128.lt<T>(x, zero()), v128.mul<T>(e, e), constant<T>(1)));
}

// @ts-ignore: decorator
@inline
function mishDenominator<T>(x: v128, e: v128): v128 {
  const square = v128.mul<T>(e, e);
  const other = select(v128.lt<T>(x, zero()), constant<T>(2), v128.add<T>(square, square));
  return v128.add<T>(mishNumerator<T>(x, e), other);
}
