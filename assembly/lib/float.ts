// The anatomy of a float, lane by lane: sign, exponent and constants, for f32 and f64 alike.

/** A constant in every lane, rounded to T. */
// @ts-ignore: decorator
@inline
export function constant<T>(value: f64): v128 {
  return v128.splat<T>(<T>value);
}

/** The magnitude of v with the sign of `sign`. Keeps f(−0) = −0 where a sum of terms would have made it +0. */
// @ts-ignore: decorator
@inline
export function copySign<T>(v: v128, sign: v128): v128 {
  return v128.bitselect(sign, v, constant<T>(-0.0));
}

/** `a` where the mask is all ones, `b` where it is all zeros, as comparisons make them. */
// @ts-ignore: decorator
@inline
export function select(mask: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_laneselect<i32>(a, b, mask);
  return v128.bitselect(a, b, mask);
}

/** v kept within [low, high]; NaN stays NaN, since a comparison with it is false and pmin/pmax then keep v. */
// @ts-ignore: decorator
@inline
export function clamp<T>(v: v128, low: f64, high: f64): v128 {
  return v128.pmax<T>(v128.pmin<T>(v, constant<T>(high)), constant<T>(low));
}

/** 1.5·2^p, p the bits of the mantissa: x + ROUNDER holds the integer nearest to x in its lowest bits. */
// @ts-ignore: decorator
@inline
export function rounder<T>(): v128 {
  return constant<T>(sizeof<T>() == 8 ? 6755399441055744.0 : 12582912.0);
}

/** 2ⁿ for t = rounder + n, n an integer within the exponents of normal numbers. */
// @ts-ignore: decorator
@inline
export function power2<T>(t: v128): v128 {
  const one = constant<T>(1);
  if (sizeof<T>() == 8) return i64x2.add(i64x2.shl(t, 52), one);
  return i32x4.add(i32x4.shl(t, 23), one);
}

// For normal x > 0 there is one k with m = x·2⁻ᵏ in [√½, √2). Adding the bits of 1 less those of √½ carries into
// the exponent exactly when the mantissa is √2 or more, so the exponent field of the sum is k + bias.

/** k as a float: its integer is written behind the bits of 2^p, which makes the number 2^p + k + bias. */
// @ts-ignore: decorator
@inline
export function exponentOf<T>(x: v128): v128 {
  if (sizeof<T>() == 8) {
    const field = i64x2.shr_u(i64x2.add(x, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd)), 52);
    return f64x2.sub(v128.or(field, f64x2.splat(4503599627370496)), f64x2.splat(4503599627370496 + 1023));
  }
  const field = i32x4.shr_u(i32x4.add(x, i32x4.splat(0x3f800000 - 0x3f3504f3)), 23);
  return f32x4.sub(v128.or(field, f32x4.splat(8388608)), f32x4.splat(8388608 + 127));
}

/** m: the bits of x with k taken off the exponent. */
// @ts-ignore: decorator
@inline
export function mantissaOf<T>(x: v128): v128 {
  if (sizeof<T>() == 8) {
    const sum = i64x2.add(x, i64x2.splat(0x3ff0000000000000 - 0x3fe6a09e667f3bcd));
    const k = i64x2.sub(v128.and(sum, i64x2.splat(0x7ff0000000000000)), i64x2.splat(0x3ff0000000000000));
    return i64x2.sub(x, k);
  }
  const sum = i32x4.add(x, i32x4.splat(0x3f800000 - 0x3f3504f3));
  const k = i32x4.sub(v128.and(sum, i32x4.splat(0x7f800000)), i32x4.splat(0x3f800000));
  return i32x4.sub(x, k);
}
