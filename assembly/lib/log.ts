// log and log1p.
//
//   x = 2ᵏ·m, m in [√½, √2)      log x = k·ln2 + log(1 + f),  f = m − 1
//   with s = f/(2 + f):          log(1 + f) = 2·artanh(s) = f − s·(f − R) = f − ( f²/2 − s·(f²/2 + R) )
//                                R = s²·L(s²) = log(1 + f)/s − 2
//
// f is exact, and so is k·head of ln2 = head + tail. The small terms are added first, k·head last. The scheme and
// L are those of fdlibm (Sun Microsystems 1993, e_log.c: degree 6; FreeBSD's e_logf.c: degree 3); recomputed with
// 30 digits, the relative error of log(1 + f) is 1.2e-18 for f64 and 2.5e-11 for f32.
//
// log1p(x) is the same with u = 1 + x for x. What rounding took from u, c = x − (u − 1), comes back as c/u. Where
// k = 0, f = x itself.

import { constant, copySign, exponentOf, mantissaOf, select } from './float';
import { madd } from './simd';

/** log x: −∞ for ±0, NaN below 0, subnormals included. */
// @ts-ignore: decorator
@inline
export function log<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? calledLog(x) : inlineLog<T>(x);
}

function calledLog(x: v128): v128 {
  return inlineLog<f64>(x);
}

// @ts-ignore: decorator
@inline
function inlineLog<T>(x: v128): v128 {
  // A subnormal is lifted among the normal numbers by 2^lift, and k lowered by as much.
  const lift: f64 = sizeof<T>() == 8 ? 54 : 25;
  const subnormal = v128.lt<T>(x, constant<T>(sizeof<T>() == 8 ? 2.2250738585072014e-308 : 1.1754943508222875e-38));
  const lifted = v128.mul<T>(x, constant<T>(sizeof<T>() == 8 ? 18014398509481984 : 33554432));
  const v = select(subnormal, lifted, x);
  const k = v128.sub<T>(exponentOf<T>(v), v128.and(subnormal, constant<T>(lift)));
  const f = v128.sub<T>(mantissaOf<T>(v), constant<T>(1));
  return withLimits<T>(combine<T>(k, f, constant<T>(0)), x);
}

/** log(1 + x), accurate near 0: −∞ for −1, NaN below −1, −0 for −0. */
// @ts-ignore: decorator
@inline
export function log1p<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? calledLog1p(x) : inlineLog1p<T>(x);
}

function calledLog1p(x: v128): v128 {
  return inlineLog1p<f64>(x);
}

// @ts-ignore: decorator
@inline
function inlineLog1p<T>(x: v128): v128 {
  const one = constant<T>(1);
  const u = v128.add<T>(one, x);
  const k = exponentOf<T>(u);
  const near = v128.eq<T>(k, constant<T>(0));
  // Both summands' roundings (Knuth's TwoSum), because either of 1 and x may be the larger one.
  const back = v128.sub<T>(u, one);
  const lost = v128.add<T>(v128.sub<T>(one, v128.sub<T>(u, back)), v128.sub<T>(x, back));
  const c = v128.andnot(v128.div<T>(lost, u), near);
  const f = select(near, x, v128.sub<T>(mantissaOf<T>(u), one));
  return copySign<T>(withLimits<T>(combine<T>(k, f, c), u), x);
}

/** k·ln2 + log(1 + f) + c. */
// @ts-ignore: decorator
@inline
function combine<T>(k: v128, f: v128, c: v128): v128 {
  const head = constant<T>(sizeof<T>() == 8 ? 6.93147180369123816490e-1 : 0.693145751953125);
  const tail = constant<T>(sizeof<T>() == 8 ? 1.90821492927058770002e-10 : 1.428606765330187e-6);
  const s = v128.div<T>(f, v128.add<T>(f, constant<T>(2)));
  const z = v128.mul<T>(s, s);
  const half = v128.mul<T>(v128.mul<T>(f, f), constant<T>(0.5));
  const r = v128.mul<T>(z, series<T>(z));
  const small = madd<T>(s, v128.add<T>(half, r), madd<T>(k, tail, c));
  return madd<T>(k, head, v128.add<T>(v128.sub<T>(small, half), f));
}

/** L(z) = (2·artanh(s)/s − 2)/z, z = s². */
// @ts-ignore: decorator
@inline
function series<T>(z: v128): v128 {
  if (sizeof<T>() == 8) {
    let p = madd<T>(constant<T>(1.479819860511658591e-1), z, constant<T>(1.531383769920937332e-1));
    p = madd<T>(p, z, constant<T>(1.818357216161805012e-1));
    p = madd<T>(p, z, constant<T>(2.222219843214978396e-1));
    p = madd<T>(p, z, constant<T>(2.857142874366239149e-1));
    p = madd<T>(p, z, constant<T>(3.999999999940941908e-1));
    return madd<T>(p, z, constant<T>(6.666666666666735130e-1));
  }
  let p = madd<T>(constant<T>(0.24279078841), z, constant<T>(0.28498786688));
  p = madd<T>(p, z, constant<T>(0.40000972152));
  return madd<T>(p, z, constant<T>(0.66666662693));
}

/** The logarithm where 0 < x < ∞; else −∞ for 0, NaN below, and x itself for ∞ and NaN. */
// @ts-ignore: decorator
@inline
function withLimits<T>(logarithm: v128, x: v128): v128 {
  const zero = constant<T>(0), infinity = constant<T>(Infinity);
  let limit = select(v128.eq<T>(x, zero), constant<T>(-Infinity), x);
  limit = select(v128.lt<T>(x, zero), constant<T>(NaN), limit);
  return select(v128.and(v128.gt<T>(x, zero), v128.lt<T>(x, infinity)), logarithm, limit);
}
