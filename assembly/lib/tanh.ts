// tanh in two ranges, split at 0.625:
//
//   |x| < 0.625     tanh x = x + x³·R(x²)
//   else            tanh |x| = 1 − 2e/(1 + e),  e = e^−2|x|: the subtrahend is below ½, its error counts less than half
//
// R for f32: a polynomial of degree 4 (own Remez exchange, relative error of tanh 4.4e-9 = 0.04 ulp). For f64: the
// rational function P/Q of degrees 2 and 3 of Cephes' tanh.c (S. Moshier 1995); its relative error, recomputed
// with 30 digits, is 6.0e-19.

import { constant, copySign, select } from './float';
import { expOfNegative } from './exp';
import { madd } from './simd';

/** tanh x: ±1 for large |x|, −0 for −0. */
// @ts-ignore: decorator
@inline
export function tanh<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? calledTanh(x) : inlineTanh<T>(x);
}

function calledTanh(x: v128): v128 {
  return inlineTanh<f64>(x);
}

// @ts-ignore: decorator
@inline
function inlineTanh<T>(x: v128): v128 {
  const z = v128.abs<T>(x);
  const one = constant<T>(1);
  const e = expOfNegative<T>(v128.mul<T>(z, constant<T>(-2)));
  const large = v128.sub<T>(one, v128.div<T>(v128.add<T>(e, e), v128.add<T>(e, one)));
  return copySign<T>(select(v128.lt<T>(z, constant<T>(0.625)), small<T>(z), large), x);
}

// @ts-ignore: decorator
@inline
function small<T>(x: v128): v128 {
  const s = v128.mul<T>(x, x);
  return madd<T>(v128.mul<T>(x, s), ratio<T>(s), x);
}

/** R(s) = (tanh(x)/x − 1)/s, s = x². */
// @ts-ignore: decorator
@inline
function ratio<T>(s: v128): v128 {
  if (sizeof<T>() == 8) {
    let p = madd<T>(constant<T>(-9.64399179425052238628e-1), s, constant<T>(-9.92877231001918586564e1));
    p = madd<T>(p, s, constant<T>(-1.61468768441708447952e3));
    let q = v128.add<T>(s, constant<T>(1.12811678491632931402e2));
    q = madd<T>(q, s, constant<T>(2.23548839060100448583e3));
    q = madd<T>(q, s, constant<T>(4.84406305325125486048e3));
    return v128.div<T>(p, q);
  }
  let p = madd<T>(constant<T>(-5.705023641e-3), s, constant<T>(2.063912187e-2));
  p = madd<T>(p, s, constant<T>(-5.37397263e-2));
  p = madd<T>(p, s, constant<T>(1.333144234e-1));
  return madd<T>(p, s, constant<T>(-3.333328195e-1));
}
