// Cross entropy of logits x with C classes, fused with the softmax (PyTorch's CrossEntropyLoss), and the negative
// log-likelihood of log-probabilities (NLLLoss). x is [N, C, inner] and has N·inner samples: class c of sample
// i = n·inner + s lies at (n·C + c)·inner + s. Targets are labels (i32, one per sample) or probabilities (like x).
//
//   forward     m = max x      S = Σ_c exp(x_c − m)      log p_c = x_c − m − log S
//               l = −Σ_c q_c·log p_c = Q·log S − Σ_c q_c·(x_c − m),      Q = Σ_c q_c
//   backward    dx_c = dl·(p_c·Q − q_c),      p_c = exp(x_c − m)/S,      since ∂log p_k/∂x_c = δ_kc − p_c
//
// q is the target, smoothed by ε and weighted by w (null for 1):
//   label t           q_c = w_c·( (1 − ε)·[c = t] + ε/C );      q = 0 where t is ignored
//   probabilities t   q_c = w_c·( (1 − ε)·t_c + ε/C )
//
// m is taken off before exp, so nothing overflows; and it is saved apart from S, because m + log S would round away
// the digits of log S when the logits are large. Saved per sample: m (`max`), S (`sum`), Q (`mass`).
//
// For inner = 1 a vector holds neighbouring classes of one sample, else neighbouring samples of one class: both are
// the same loop over c, stepping by lanes or by 1. Long sums are taken in parts of `part` terms, then the parts
// added up, which keeps the error at some hundred roundings for any vocabulary.

import { constant } from '../lib/float';
import { expOfNegative, log } from '../lib/math';
import { at, fillLanes, lanes, loadLanes, madd, maskLanes, maxLanes, nmadd, storeLanes, sumLanes, wholeVectors, zero } from '../lib/simd';

/** Terms of one part of a long sum. */
const part: i32 = 1024;

/** Samples [begin, end) with labels: loss, max, sum and mass [N·inner]; weight: [C] or null. */
// @ts-ignore: decorator
@parallel(1.0 * C)
export function crossEntropyForward<T>(
  loss: usize, max: usize, sum: usize, mass: usize,
  x: usize, target: usize, weight: usize,
  C: i32, inner: i32, smoothing: f64, ignoreIndex: i32, begin: i32, end: i32,
): void {
  const share = <T>(smoothing / <f64>C), sure = <T>(1.0 - smoothing);
  const shared = share * sumOfWeights<T>(weight, C);
  for (let i = begin, count = 0; i < end; i += count) {
    count = samplesAt<T>(i, inner, end);
    const first = firstOf(i, C, inner);
    softmax<T>(loss, max, sum, at<T>(x, first), i, C, inner, count);
    // Σ_c w_c·(x_c − m), which only smoothing needs.
    if (smoothing != 0) {
      const m = perSample<T>(max, i, inner, count);
      storeLanes<T>(at<T>(mass, i), weighted<T>(at<T>(x, first), weight, m, C, inner, count), count);
    }
    for (let k = i; k < i + count; k++) {
      const t = labelOf(target, k);
      if (t == ignoreIndex) {
        store<T>(at<T>(loss, k), <T>0);
        store<T>(at<T>(mass, k), <T>0);
        continue;
      }
      const logit = load<T>(at<T>(x, first + t * inner + (k - i))) - load<T>(at<T>(max, k));
      const q = sure * weightOf<T>(weight, t);
      let Q = q, dot = q * logit;
      if (smoothing != 0) {
        Q += shared;
        dot += share * load<T>(at<T>(mass, k));
      }
      store<T>(at<T>(loss, k), Q * load<T>(at<T>(loss, k)) - dot);
      store<T>(at<T>(mass, k), Q);
    }
  }
}

/** Samples [begin, end): dx = scale·dout∘(p·Q − q), like x; a null dout is 1. */
// @ts-ignore: decorator
@parallel(1.2 * C)
export function crossEntropyBackward<T>(
  dx: usize,
  dout: usize, x: usize, target: usize, weight: usize, max: usize, sum: usize, mass: usize,
  C: i32, inner: i32, smoothing: f64, ignoreIndex: i32, scale: f64, begin: i32, end: i32,
): void {
  const step = inner == 1 ? lanes<T>() : 1;
  const share = constant<T>(smoothing / <f64>C), sure = <T>(1.0 - smoothing);
  for (let i = begin, count = 0; i < end; i += count) {
    count = samplesAt<T>(i, inner, end);
    const first = firstOf(i, C, inner);
    const m = perSample<T>(max, i, inner, count);
    const g = v128.and(upstream<T>(dout, scale, i, inner, count), kept<T>(target, ignoreIndex, i, inner, count));
    const ratio = v128.div<T>(perSample<T>(mass, i, inner, count), perSample<T>(sum, i, inner, count));
    const gp = v128.mul<T>(g, ratio), gq = v128.mul<T>(g, share);
    let c = 0;
    // Whole vectors of one sample first, without the question how many of its classes are left.
    if (inner == 1 && smoothing == 0) {
      const whole = wholeVectors<T>(C);
      for (; c < whole; c += lanes<T>()) {
        v128.store(at<T>(dx, first + c), v128.mul<T>(exponential<T>(x, m, first + c, lanes<T>()), gp));
      }
    }
    for (; c < C; c += step) {
      const left = inner == 1 ? C - c : count;
      const offset = first + c * inner;
      let d = v128.mul<T>(exponential<T>(x, m, offset, left), gp);
      if (smoothing != 0) d = nmadd<T>(gq, weightsAt<T>(weight, c, inner, left), d);
      storeLanes<T>(at<T>(dx, offset), d, left);
    }
    for (let k = i; k < i + count; k++) {
      const t = labelOf(target, k);
      if (t == ignoreIndex) continue;
      const to = at<T>(dx, first + t * inner + (k - i));
      store<T>(to, load<T>(to) - gradientOf<T>(dout, scale, k) * sure * weightOf<T>(weight, t));
    }
  }
}

/** Samples [begin, end) with probabilities, target: like x. */
// @ts-ignore: decorator
@parallel(1.5 * C)
export function crossEntropySoftForward<T>(
  loss: usize, max: usize, sum: usize, mass: usize,
  x: usize, target: usize, weight: usize,
  C: i32, inner: i32, smoothing: f64, begin: i32, end: i32,
): void {
  const step = inner == 1 ? lanes<T>() : 1;
  for (let i = begin, count = 0; i < end; i += count) {
    count = samplesAt<T>(i, inner, end);
    const first = firstOf(i, C, inner);
    softmax<T>(loss, max, sum, at<T>(x, first), i, C, inner, count);
    const m = perSample<T>(max, i, inner, count);
    let Q = zero(), dot = zero();
    for (let from = 0; from < C; from += part) {
      const to = min<i32>(from + part, C);
      let partQ = zero(), partDot = zero();
      for (let c = from; c < to; c += step) {
        const left = inner == 1 ? C - c : count;
        const offset = first + c * inner;
        const q = smoothed<T>(target, weight, smoothing, offset, c, C, inner, left);
        const logit = v128.sub<T>(loadLanes<T>(at<T>(x, offset), left), m);
        partQ = v128.add<T>(partQ, q);
        partDot = v128.add<T>(partDot, maskLanes<T>(v128.mul<T>(q, logit), left));
      }
      Q = v128.add<T>(Q, partQ);
      dot = v128.add<T>(dot, partDot);
    }
    Q = across<T>(Q, inner);
    const l = v128.sub<T>(v128.mul<T>(Q, loadLanes<T>(at<T>(loss, i), count)), across<T>(dot, inner));
    storeLanes<T>(at<T>(mass, i), Q, count);
    storeLanes<T>(at<T>(loss, i), l, count);
  }
}

/** Samples [begin, end): dx = scale·dout∘(p·Q − q), like x; a null dout is 1. */
// @ts-ignore: decorator
@parallel(1.5 * C)
export function crossEntropySoftBackward<T>(
  dx: usize,
  dout: usize, x: usize, target: usize, weight: usize, max: usize, sum: usize, mass: usize,
  C: i32, inner: i32, smoothing: f64, scale: f64, begin: i32, end: i32,
): void {
  const step = inner == 1 ? lanes<T>() : 1;
  for (let i = begin, count = 0; i < end; i += count) {
    count = samplesAt<T>(i, inner, end);
    const first = firstOf(i, C, inner);
    const m = perSample<T>(max, i, inner, count);
    const g = upstream<T>(dout, scale, i, inner, count);
    const ratio = v128.div<T>(perSample<T>(mass, i, inner, count), perSample<T>(sum, i, inner, count));
    for (let c = 0; c < C; c += step) {
      const left = inner == 1 ? C - c : count;
      const offset = first + c * inner;
      const e = exponential<T>(x, m, offset, left);
      const q = smoothed<T>(target, weight, smoothing, offset, c, C, inner, left);
      storeLanes<T>(at<T>(dx, offset), v128.mul<T>(g, v128.sub<T>(v128.mul<T>(e, ratio), q)), left);
    }
  }
}

/** Samples [begin, end): l = −w_t·x_t, x being log-probabilities; 0 where t is ignored. */
// @ts-ignore: decorator
@parallel(2.0)
export function nllForward<T>(
  loss: usize,
  x: usize, target: usize, weight: usize,
  C: i32, inner: i32, ignoreIndex: i32, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const t = labelOf(target, i);
    let l = <T>0;
    if (t != ignoreIndex) l = -weightOf<T>(weight, t) * load<T>(at<T>(x, firstOf(i, C, inner) + t * inner));
    store<T>(at<T>(loss, i), l);
  }
}

/** Samples [begin, end): dx_t = −scale·dout·w_t, like x and 0 elsewhere; a null dout is 1. */
// @ts-ignore: decorator
@parallel(0.2 * C)
export function nllBackward<T>(
  dx: usize,
  dout: usize, target: usize, weight: usize,
  C: i32, inner: i32, ignoreIndex: i32, scale: f64, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const first = firstOf(i, C, inner), t = labelOf(target, i);
    for (let c = 0; c < C; c++) store<T>(at<T>(dx, first + c * inner), <T>0);
    if (t == ignoreIndex) continue;
    store<T>(at<T>(dx, first + t * inner), -gradientOf<T>(dout, scale, i) * weightOf<T>(weight, t));
  }
}

/** m, S and, into `logs`, log S of the samples from i on, whose first class lies at x. */
function softmax<T>(logs: usize, max: usize, sum: usize, x: usize, i: i32, C: i32, inner: i32, count: i32): void {
  const step = inner == 1 ? lanes<T>() : 1;
  const lowest = constant<T>(-Infinity);
  let m = lowest;
  let c = 0;
  if (inner == 1) {
    const whole = wholeVectors<T>(C);
    for (; c < whole; c += lanes<T>()) m = v128.pmax<T>(m, v128.load(at<T>(x, c)));
  }
  for (; c < C; c += step) {
    const left = inner == 1 ? C - c : count;
    // A NaN that this maximum passes over comes back through exp.
    m = v128.pmax<T>(m, fillLanes<T>(loadLanes<T>(at<T>(x, c * inner), left), lowest, left));
  }
  if (inner == 1) m = v128.splat<T>(maxLanes<T>(m));
  let S = zero();
  for (let from = 0; from < C; from += part) {
    const to = min<i32>(from + part, C);
    let partial = zero();
    c = from;
    if (inner == 1) {
      const whole = from + wholeVectors<T>(to - from);
      for (; c < whole; c += lanes<T>()) partial = v128.add<T>(partial, exponential<T>(x, m, c, lanes<T>()));
    }
    for (; c < to; c += step) {
      const left = inner == 1 ? C - c : count;
      partial = v128.add<T>(partial, maskLanes<T>(exponential<T>(x, m, c * inner, left), left));
    }
    S = v128.add<T>(S, partial);
  }
  S = across<T>(S, inner);
  storeLanes<T>(at<T>(max, i), m, count);
  storeLanes<T>(at<T>(sum, i), S, count);
  storeLanes<T>(at<T>(logs, i), log<T>(S), count);
}

/** exp(x − m) of the elements from `offset` on. */
// @ts-ignore: decorator
@inline
function exponential<T>(x: usize, m: v128, offset: i32, left: i32): v128 {
  return expOfNegative<T>(v128.sub<T>(loadLanes<T>(at<T>(x, offset), left), m));
}

/** Σ_c w_c·(x_c − m) of the samples whose first class lies at x. */
function weighted<T>(x: usize, weight: usize, m: v128, C: i32, inner: i32, count: i32): v128 {
  const step = inner == 1 ? lanes<T>() : 1;
  let sum = zero();
  for (let from = 0; from < C; from += part) {
    const to = min<i32>(from + part, C);
    let partial = zero();
    for (let c = from; c < to; c += step) {
      const left = inner == 1 ? C - c : count;
      const logit = v128.sub<T>(loadLanes<T>(at<T>(x, c * inner), left), m);
      partial = v128.add<T>(partial, maskLanes<T>(v128.mul<T>(weightsAt<T>(weight, c, inner, left), logit), left));
    }
    sum = v128.add<T>(sum, partial);
  }
  return across<T>(sum, inner);
}

/** q at class c, whose target lies at `offset`; 0 in the lanes beyond. */
// @ts-ignore: decorator
@inline
function smoothed<T>(
  target: usize, weight: usize, smoothing: f64, offset: i32, c: i32, C: i32, inner: i32, left: i32,
): v128 {
  let q = loadLanes<T>(at<T>(target, offset), left);
  if (smoothing != 0) q = madd<T>(q, constant<T>(1.0 - smoothing), constant<T>(smoothing / <f64>C));
  if (weight) q = v128.mul<T>(q, weightsAt<T>(weight, c, inner, left));
  return maskLanes<T>(q, left);
}

/** How many samples the vector that starts at sample i holds. */
// @ts-ignore: decorator
@inline
function samplesAt<T>(i: i32, inner: i32, end: i32): i32 {
  return inner == 1 ? 1 : min<i32>(lanes<T>(), min<i32>(inner - (i % inner), end - i));
}

/** The index of class 0 of sample i. */
// @ts-ignore: decorator
@inline
function firstOf(i: i32, C: i32, inner: i32): i32 {
  if (inner == 1) return i * C;
  return (i / inner) * C * inner + (i % inner);
}

/** A saved number of each sample of the vector; of the one sample, in all lanes, for inner = 1. */
function perSample<T>(values: usize, i: i32, inner: i32, count: i32): v128 {
  return inner == 1 ? v128.splat<T>(load<T>(at<T>(values, i))) : loadLanes<T>(at<T>(values, i), count);
}

/** scale·dout of each sample of the vector. */
function upstream<T>(dout: usize, scale: f64, i: i32, inner: i32, count: i32): v128 {
  const scales = constant<T>(scale);
  return dout ? v128.mul<T>(scales, perSample<T>(dout, i, inner, count)) : scales;
}

/** All bits set where the label of a sample of the vector is not ignored. */
function kept<T>(target: usize, ignoreIndex: i32, i: i32, inner: i32, count: i32): v128 {
  if (inner == 1) return i32x4.splat(labelOf(target, i) == ignoreIndex ? 0 : -1);
  const labels = at<i32>(target, i), ignored = i32x4.splat(ignoreIndex);
  if (sizeof<T>() == 4) return i32x4.ne(loadLanes<f32>(labels, count), ignored);
  const pair = count == 1 ? v128.load32_zero(labels) : v128.load64_zero(labels);
  return i64x2.extend_low_i32x4_s(i32x4.ne(pair, ignored));
}

/** A sum of each sample of the vector: for inner = 1 the lanes hold parts of one sample's. */
function across<T>(v: v128, inner: i32): v128 {
  return inner == 1 ? v128.splat<T>(sumLanes<T>(v)) : v;
}

/** w at class c: of neighbouring classes for inner = 1, of the one class in all lanes else. */
// @ts-ignore: decorator
@inline
function weightsAt<T>(weight: usize, c: i32, inner: i32, left: i32): v128 {
  if (!weight) return constant<T>(1);
  return inner == 1 ? loadLanes<T>(at<T>(weight, c), left) : v128.splat<T>(load<T>(at<T>(weight, c)));
}

// @ts-ignore: decorator
@inline
function labelOf(target: usize, i: i32): i32 {
  return load<i32>(at<i32>(target, i));
}

// @ts-ignore: decorator
@inline
function weightOf<T>(weight: usize, c: i32): T {
  return weight ? load<T>(at<T>(weight, c)) : <T>1;
}

/** scale·dout of sample i. */
// @ts-ignore: decorator
@inline
function gradientOf<T>(dout: usize, scale: f64, i: i32): T {
  return dout ? <T>scale * load<T>(at<T>(dout, i)) : <T>scale;
}

function sumOfWeights<T>(weight: usize, C: i32): T {
  if (!weight) return <T>C;
  let sum = 0.0;
  for (let c = 0; c < C; c++) sum += <f64>load<T>(at<T>(weight, c));
  return <T>sum;
}
