// The error function and the normal distribution's Φ, split where both forms are good, at 0.9 (f32) or 1 (f64):
//
//   |x| small     erf x = x + x·S(x²)
//   else          erf |x| = 1 − erfc|x|,   erfc z = e^(−z²)·C(z)
//   Φ(x) = ½·erfc(−x/√2):  its tail on the left is taken from erfc, not from 1 + erf, which would cancel. In f32
//   one form serves everywhere:   Φ(−z) = e^(−z²/2)·P(z)/Q(z) for z ≥ 0,   Φ(z) = 1 − Φ(−z)
//
// f32: S of degree 6 (own Remez exchange, relative error of erf 4.6e-10); C a polynomial of degree 7 in
// u = 1/(z + 1.75) for 0.9 ≤ z ≤ 10.2 (own Remez exchange, relative error of erfc 3.3e-8, of erf below 1e-8);
// P and Q of degrees 4 and 5 for 0 ≤ z ≤ 14.5 (own least-maximum fit, relative error 5.9e-9), all coefficients
// positive, so that nothing cancels.
// f64: from Cephes' ndtr.c (S. Moshier 2000), S = (T − U)/U for its erf = x·T/U, the difference taken before
// rounding so that the quotient is a small correction (relative error of erf 2.2e-18), and C = P/Q of degree 8,
// error 3.1e-18 up to z = 8 and below 4e-10 where erfc underflows; all recomputed with 30 digits.

import { clamp, constant, copySign, select } from './float';
import { expOfNegative } from './exp';
import { madd } from './simd';

/** erf x: ±1 for large |x|, −0 for −0. */
// @ts-ignore: decorator
@inline
export function erf<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? calledErf(x) : inlineErf<T>(x);
}

function calledErf(x: v128): v128 {
  return inlineErf<f64>(x);
}

// @ts-ignore: decorator
@inline
function inlineErf<T>(x: v128): v128 {
  const z = v128.abs<T>(x);
  const large = v128.sub<T>(constant<T>(1), erfcLarge<T>(z));
  return copySign<T>(select(isSmall<T>(z), erfSmall<T>(z), large), x);
}

/** e^(−x²/2) = √(2π)·φ(x), φ being the density of the normal distribution. */
// @ts-ignore: decorator
@inline
export function normalBell<T>(x: v128): v128 {
  return expOfNegative<T>(v128.mul<T>(v128.mul<T>(x, x), constant<T>(-0.5)));
}

/** Φ(x) = ½·(1 + erf(x/√2)), the standard normal distribution, from e^(−x²/2); accurate relative to itself on both sides. */
// @ts-ignore: decorator
@inline
export function normalCdf<T>(x: v128, bell: v128): v128 {
  return sizeof<T>() == 8 ? calledNormalCdf(x, bell) : normalSides<T>(x, v128.mul<T>(bell, scaledTail<T>(x)));
}

function calledNormalCdf(x: v128, bell: v128): v128 {
  const t = v128.mul<f64>(x, constant<f64>(0.7071067811865476)), z = v128.abs<f64>(t);
  const tail = v128.mul<f64>(v128.mul<f64>(constant<f64>(0.5), bell), scaledErfc<f64>(clamp<f64>(z, 0, 30)));
  const small = madd<f64>(constant<f64>(0.5), erfSmall<f64>(t), constant<f64>(0.5));
  return select(isSmall<f64>(z), small, normalSides<f64>(x, tail));
}

/** Φ(x) from Φ(−|x|). */
// @ts-ignore: decorator
@inline
function normalSides<T>(x: v128, tail: v128): v128 {
  return select(v128.lt<T>(x, constant<T>(0)), tail, v128.sub<T>(constant<T>(1), tail));
}

/** e^(x²/2)·Φ(−|x|), for f32. Held from 15 on, where Φ has long underflowed, or ∞·0 would make NaN. */
// @ts-ignore: decorator
@inline
function scaledTail<T>(x: v128): v128 {
  const z = v128.pmin<T>(v128.abs<T>(x), constant<T>(15));
  let p = madd<T>(constant<T>(0.39894691), z, constant<T>(3.93810769));
  p = madd<T>(p, z, constant<T>(17.7588331));
  p = madd<T>(p, z, constant<T>(42.47874022));
  p = madd<T>(p, z, constant<T>(48.4590106));
  let q = v128.add<T>(z, constant<T>(9.8719969));
  q = madd<T>(q, z, constant<T>(45.50028634));
  q = madd<T>(q, z, constant<T>(116.54441434));
  q = madd<T>(q, z, constant<T>(162.28691351));
  q = madd<T>(q, z, constant<T>(96.91802063));
  return v128.div<T>(p, q);
}

// @ts-ignore: decorator
@inline
function isSmall<T>(z: v128): v128 {
  return v128.lt<T>(z, constant<T>(sizeof<T>() == 8 ? 1.0 : 0.9));
}

// @ts-ignore: decorator
@inline
function erfSmall<T>(x: v128): v128 {
  return madd<T>(x, correction<T>(v128.mul<T>(x, x)), x);
}

/** S(s) = erf(x)/x − 1, s = x². */
// @ts-ignore: decorator
@inline
function correction<T>(s: v128): v128 {
  if (sizeof<T>() == 8) {
    let p = madd<T>(constant<T>(-1.0), s, constant<T>(-23.95674042487979357721));
    p = madd<T>(p, s, constant<T>(-431.3319300597684108733));
    p = madd<T>(p, s, constant<T>(-2362.31848376295808761));
    p = madd<T>(p, s, constant<T>(-15625.67492026104266987));
    p = madd<T>(p, s, constant<T>(6324.9070401759041682));
    let q = v128.add<T>(s, constant<T>(33.5617141647503099647));
    q = madd<T>(q, s, constant<T>(521.357949780152679795));
    q = madd<T>(q, s, constant<T>(4594.32382970980127987));
    q = madd<T>(q, s, constant<T>(22629.0000613890934246));
    q = madd<T>(q, s, constant<T>(49267.3942608635921086));
    return v128.div<T>(p, q);
  }
  let p = madd<T>(constant<T>(8.316758172e-5), s, constant<T>(-8.130008501e-4));
  p = madd<T>(p, s, constant<T>(5.199906302e-3));
  p = madd<T>(p, s, constant<T>(-2.685894137e-2));
  p = madd<T>(p, s, constant<T>(1.128368719e-1));
  p = madd<T>(p, s, constant<T>(-3.761263319e-1));
  return madd<T>(p, s, constant<T>(1.283791666e-1));
}

/** erfc z for z beyond the small range. Held at 30 (where it has long underflowed), or ∞·0 would make NaN. */
// @ts-ignore: decorator
@inline
function erfcLarge<T>(z: v128): v128 {
  const t = clamp<T>(z, 0, 30);
  return v128.mul<T>(expOfNegative<T>(v128.neg<T>(v128.mul<T>(t, t))), scaledErfc<T>(t));
}

/** C(z) = e^(z²)·erfc(z). */
// @ts-ignore: decorator
@inline
function scaledErfc<T>(z: v128): v128 {
  if (sizeof<T>() == 8) {
    let p = madd<T>(constant<T>(2.46196981473530512524e-10), z, constant<T>(5.64189564831068821977e-1));
    p = madd<T>(p, z, constant<T>(7.46321056442269912687));
    p = madd<T>(p, z, constant<T>(48.6371970985681366614));
    p = madd<T>(p, z, constant<T>(196.520832956077098242));
    p = madd<T>(p, z, constant<T>(526.445194995477358631));
    p = madd<T>(p, z, constant<T>(934.528527171957607540));
    p = madd<T>(p, z, constant<T>(1027.55188689515710272));
    p = madd<T>(p, z, constant<T>(557.535335369399327526));
    let q = v128.add<T>(z, constant<T>(13.2281951154744992508));
    q = madd<T>(q, z, constant<T>(86.7072140885989742329));
    q = madd<T>(q, z, constant<T>(354.937778887819891062));
    q = madd<T>(q, z, constant<T>(975.708501743205489753));
    q = madd<T>(q, z, constant<T>(1823.90916687909736289));
    q = madd<T>(q, z, constant<T>(2246.33760818710981792));
    q = madd<T>(q, z, constant<T>(1656.66309194161350182));
    q = madd<T>(q, z, constant<T>(557.535340817727675546));
    return v128.div<T>(p, q);
  }
  const u = v128.div<T>(constant<T>(1), v128.add<T>(z, constant<T>(1.75)));
  let p = madd<T>(constant<T>(7.369715337), u, constant<T>(-11.14025287));
  p = madd<T>(p, u, constant<T>(3.469852283));
  p = madd<T>(p, u, constant<T>(9.947105143e-1));
  p = madd<T>(p, u, constant<T>(1.506654595));
  p = madd<T>(p, u, constant<T>(9.834122237e-1));
  p = madd<T>(p, u, constant<T>(5.643200276e-1));
  return madd<T>(p, u, constant<T>(-1.627711159e-6));
}
