// aᵇ, computed in f64 for f32 too.
//
//   b an integer, |b| < 64:  the product of a, a², a⁴, … by the bits of |b|, or 1 over it: exact where the result is
//   else:                    |aᵇ| = e^(b·log|a|), relative error about |b·log a| units of f64's roundoff:
//                            none that f32 could see
//   sign:                    that of a where b is an odd integer, + where it is even; NaN for other b where a < 0
//
// Limits are C's and IEEE 754's: a⁰ = 1 and 1ᵇ = 1 even for NaN, (−1)^±∞ = 1, (±0)ᵇ for b < 0 is ∞, with the sign of
// the zero for odd b; −∞ has powers to all exponents. They follow from those of exp and log, but for 0·∞ at |a| = 1.

import { constant, copySign, select } from './float';
import { exp, log } from './math';

/** aᵇ. */
// @ts-ignore: decorator
@inline
export function power<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 8) return powerOf64(a, b);
  const low = powerOf64(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const high = powerOf64(promoteHigh(a), promoteHigh(b));
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

// @ts-ignore: decorator
@inline
function promoteHigh(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 2, 3));
}

/** aᵇ in f64. A call of its own: it is long, and where all b are small whole numbers it is short to run. */
function powerOf64(a: v128, b: v128): v128 {
  const whole = f64x2.eq(f64x2.trunc(b), b);
  const small = v128.and(whole, f64x2.lt(f64x2.abs(b), constant<f64>(64)));
  if (i64x2.all_true(small)) return product(a, b);

  const size = f64x2.abs(a);
  const logarithm = v128.andnot(f64x2.mul(b, log<f64>(size)), f64x2.eq(size, constant<f64>(1)));
  const magnitude = exp<f64>(logarithm);
  const half = f64x2.mul(b, constant<f64>(0.5));
  const odd = v128.andnot(whole, f64x2.eq(f64x2.trunc(half), half));
  const signed = select(odd, copySign<f64>(magnitude, a), magnitude);
  const none = v128.andnot(v128.and(f64x2.lt(a, constant<f64>(0)), f64x2.gt(a, constant<f64>(-Infinity))), whole);
  const general = select(none, constant<f64>(NaN), signed);
  return v128.any_true(small) ? select(small, product(a, b), general) : general;
}

/** aᵇ for whole |b| < 64; any number for other b. */
function product(a: v128, b: v128): v128 {
  const one = constant<f64>(1);
  const n = i32x4.trunc_sat_f64x2_s_zero(f64x2.abs(b));
  let bits = v128.and(i64x2.extend_low_i32x4_u(n), i64x2.splat(63));
  let y = one;
  while (v128.any_true(bits)) {
    const odd = i64x2.shr_s(i64x2.shl(bits, 63), 63);
    y = f64x2.mul(y, select(odd, a, one));
    a = f64x2.mul(a, a);
    bits = i64x2.shr_u(bits, 1);
  }
  return select(f64x2.lt(b, constant<f64>(0)), f64x2.div(one, y), y);
}
