// exp, expm1 and the logistic function.
//
//   x = n·ln2 + r,  n = nearest(x/ln2),  |r| ≤ ½·ln2        eˣ = 2ⁿ·eʳ,   eʳ = 1 + r + r²·P(r)
//
// ln2 is split (Cody and Waite) into a head whose last bits are zero, so that n·head is exact and x − n·head too,
// and a tail. P minimises the largest relative error of eʳ on |r| ≤ 0.3484 (own Remez exchange, 40 digits):
// degree 4 for f32, error 3.2e-9 = 0.03 ulp; degree 10 for f64, error 5.7e-20.
//
// 2ⁿ reaches past the exponents of a float on both sides (results that are subnormal, or between 2^127 and the
// largest float), so it is applied as 2^h·2^(n−h), h = n/2: the first product is exact and the second rounds once.
//
// Where x is not large, as in e^(x − max x) and e^−|x|, one product of the two can be by a constant: 2^(n+k)·2^−k.
//
//   eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1) = 2^h·( 2^(n−h)·(r + r²·P) + (2^(n−h) − 2^−h) ),  without cancellation at n = 0

import { clamp, constant, copySign, power2, rounder, select } from './float';
import { madd, nmadd } from './simd';

const log2e = 1.4426950408889634;

/** eˣ: +∞ from ln(largest float) on, 0 below half the smallest subnormal. */
// @ts-ignore: decorator
@inline
export function exp<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? calledExp(x) : inlineExp<T>(x);
}

function calledExp(x: v128): v128 {
  return inlineExp<f64>(x);
}

/** eˣ for x ≤ 44 (or NaN), with one product less and the same result. In f64 size counts, not time. */
// @ts-ignore: decorator
@inline
export function expOfNegative<T>(x: v128): v128 {
  if (sizeof<T>() == 8) return calledExp(x);
  const k = 64, bias = 127;
  const raised = constant<T>(12582912.0 + k + bias); // rounder, such that the sum's lowest bits are an exponent
  const v = v128.pmax<T>(x, constant<T>(-104));
  const t = madd<T>(v, constant<T>(log2e), raised);
  const p = expOfResidue<T>(residue<T>(v, v128.sub<T>(t, raised)));
  return v128.mul<T>(v128.mul<T>(p, i32x4.shl(t, 23)), constant<T>(5.421010862427522e-20));
}

// @ts-ignore: decorator
@inline
function inlineExp<T>(x: v128): v128 {
  const v = sizeof<T>() == 8 ? clamp<T>(x, -746, 710) : clamp<T>(x, -104, 89);
  const n = nearestPower<T>(v);
  const h = halfPower<T>(n);
  const p = expOfResidue<T>(residue<T>(v, n));
  return v128.mul<T>(v128.mul<T>(p, power2<T>(h)), power2<T>(otherHalf<T>(n, h)));
}

/** eˣ − 1 without cancellation near 0: −1 for large negative x, +∞ like exp, −0 for −0. */
// @ts-ignore: decorator
@inline
export function expm1<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? calledExpm1(x) : inlineExpm1<T>(x);
}

function calledExpm1(x: v128): v128 {
  return inlineExpm1<f64>(x);
}

// @ts-ignore: decorator
@inline
function inlineExpm1<T>(x: v128): v128 {
  const v = sizeof<T>() == 8 ? clamp<T>(x, -40, 710) : clamp<T>(x, -20, 89);
  const n = nearestPower<T>(v);
  const h = halfPower<T>(n);
  const r = residue<T>(v, n);
  const p = madd<T>(v128.mul<T>(r, r), remainder<T>(r), r);
  const other = power2<T>(otherHalf<T>(n, h));
  const inverse = power2<T>(v128.sub<T>(rounder<T>(), v128.sub<T>(h, rounder<T>())));
  const scaled = madd<T>(other, p, v128.sub<T>(other, inverse));
  return copySign<T>(v128.mul<T>(scaled, power2<T>(h)), x);
}

/** σ(x) = 1/(1 + e⁻ˣ), from e = e^−|x| so that nothing overflows: 1/(1 + e), or e/(1 + e) for x < 0. */
// @ts-ignore: decorator
@inline
export function sigmoid<T>(x: v128): v128 {
  const one = constant<T>(1);
  const e = expOfNegative<T>(v128.neg<T>(v128.abs<T>(x)));
  return v128.div<T>(select(v128.lt<T>(x, constant<T>(0)), e, one), v128.add<T>(one, e));
}

/** n = nearest(x/ln2), as a float. */
// @ts-ignore: decorator
@inline
function nearestPower<T>(x: v128): v128 {
  return v128.sub<T>(madd<T>(x, constant<T>(log2e), rounder<T>()), rounder<T>());
}

/** rounder + h, h = nearest(n/2): as power2 takes it. */
// @ts-ignore: decorator
@inline
function halfPower<T>(n: v128): v128 {
  return madd<T>(n, constant<T>(0.5), rounder<T>());
}

/** rounder + n − h, of rounder + h. */
// @ts-ignore: decorator
@inline
function otherHalf<T>(n: v128, h: v128): v128 {
  return v128.add<T>(v128.sub<T>(n, v128.sub<T>(h, rounder<T>())), rounder<T>());
}

/** r = x − n·ln2; head and tail of ln2 as in fdlibm (Sun Microsystems 1993, e_exp.c and e_expf.c). */
// @ts-ignore: decorator
@inline
function residue<T>(x: v128, n: v128): v128 {
  const head = constant<T>(sizeof<T>() == 8 ? 6.93147180369123816490e-1 : 0.693145751953125);
  const tail = constant<T>(sizeof<T>() == 8 ? 1.90821492927058770002e-10 : 1.428606765330187e-6);
  return nmadd<T>(n, tail, nmadd<T>(n, head, x));
}

/** eʳ = 1 + r + r²·P(r). */
// @ts-ignore: decorator
@inline
function expOfResidue<T>(r: v128): v128 {
  return v128.add<T>(constant<T>(1), madd<T>(v128.mul<T>(r, r), remainder<T>(r), r));
}

/** P(r) = (eʳ − 1 − r)/r². */
// @ts-ignore: decorator
@inline
function remainder<T>(r: v128): v128 {
  if (sizeof<T>() == 8) {
    let p = madd<T>(constant<T>(2.08261430051603167e-9), r, constant<T>(2.51126242502460236e-8));
    p = madd<T>(p, r, constant<T>(2.75575870062012982e-7));
    p = madd<T>(p, r, constant<T>(2.75572332012904853e-6));
    p = madd<T>(p, r, constant<T>(2.48015869155055998e-5));
    p = madd<T>(p, r, constant<T>(1.98412698980179984e-4));
    p = madd<T>(p, r, constant<T>(1.38888888891246544e-3));
    p = madd<T>(p, r, constant<T>(8.33333333331638722e-3));
    p = madd<T>(p, r, constant<T>(4.16666666666660656e-2));
    p = madd<T>(p, r, constant<T>(1.66666666666666843e-1));
    return madd<T>(p, r, constant<T>(0.5));
  }
  let p = madd<T>(constant<T>(1.381396312e-3), r, constant<T>(8.369064215e-3));
  p = madd<T>(p, r, constant<T>(4.166842031e-2));
  p = madd<T>(p, r, constant<T>(1.666651775e-1));
  return madd<T>(p, r, constant<T>(4.999999326e-1));
}
