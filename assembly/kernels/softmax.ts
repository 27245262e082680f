// Softmax and its logarithm over one axis of length C; a tensor is [outer, C, inner] around that axis.
//
//   forward     m = max x,  s = Σ e^(x−m)       y = e^(x−m)/s                  ℓ = (x − m) − log s
//   backward    ∂yᵢ/∂xⱼ = yᵢ·([i = j] − yⱼ)     dx = y∘(dy − Σ dy∘y)
//               ∂ℓᵢ/∂xⱼ = [i = j] − yⱼ          dx = dℓ − e^ℓ·Σ dℓ
//
// Taking m away changes nothing in exact arithmetic; here it keeps e^(x−m) ≤ 1 and s ≥ 1. A row of −∞ only has
// x − m = NaN, and a NaN or +∞ makes its row NaN, as in PyTorch.
//
// A "row" is one of the outer·inner lines along the axis: [begin, end) counts them. With inner = 1 a row is
// contiguous and its elements fill the lanes, so that sums end across lanes. Else the lanes are neighbouring rows
// and never meet. The loops are the same: they differ in the step along the axis and in `gather`. The whole vectors of
// a contiguous row go first, in a loop that need not ask how many elements are left.
// dx overwrites. Backward needs the output only.

import { constant } from '../lib/float';
import { expOfNegative, log } from '../lib/math';
import {
  at, fillLanes, lanes, loadLanes, madd, maskLanes, maxLanes, nmadd, storeLanes, sumLanes, wholeVectors, zero,
} from '../lib/simd';

/** Rows [begin, end): out = softmax(x). */
// @ts-ignore: decorator
@parallel(1.0 * C)
export function softmaxForward<T>(out: usize, x: usize, C: i32, inner: i32, begin: i32, end: i32): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    const max = maximum<T>(at<T>(x, first), C, inner, width);
    const whole = inner == 1 ? wholeVectors<T>(C) : 0;
    let sum = zero();
    let c = 0;
    for (; c < whole; c += lanes<T>()) sum = v128.add<T>(sum, exponential<T>(out, x, max, first + c, lanes<T>()));
    for (; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      sum = v128.add<T>(sum, exponential<T>(out, x, max, first + c * inner, left));
    }
    sum = gather<T>(sum, inner);
    for (c = 0; c < whole; c += lanes<T>()) share<T>(at<T>(out, first + c), sum, lanes<T>());
    for (; c < C; c += step<T>(inner)) share<T>(at<T>(out, first + c * inner), sum, elementsLeft(C, c, inner, width));
  }
}

/** Rows [begin, end): dx, from y = softmax(x). */
// @ts-ignore: decorator
@parallel(0.4 * C)
export function softmaxBackward<T>(
  dx: usize,
  dout: usize, y: usize,
  C: i32, inner: i32, begin: i32, end: i32,
): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    const whole = inner == 1 ? wholeVectors<T>(C) : 0, pairs = inner == 1 ? wholeVectors<T>(C, 2) : 0;
    // Two sums: one alone would wait for each addition.
    let sum = zero(), other = zero();
    let c = 0;
    for (; c < pairs; c += 2 * lanes<T>()) {
      const to = at<T>(dout, first + c), from = at<T>(y, first + c);
      sum = madd<T>(v128.load(to), v128.load(from), sum);
      other = madd<T>(v128.load(to, 16), v128.load(from, 16), other);
    }
    for (; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const i = first + c * inner;
      sum = madd<T>(loadLanes<T>(at<T>(dout, i), left), loadLanes<T>(at<T>(y, i), left), sum);
    }
    sum = gather<T>(v128.add<T>(sum, other), inner);
    for (c = 0; c < whole; c += lanes<T>()) gradient<T>(dx, dout, y, sum, first + c, lanes<T>());
    for (; c < C; c += step<T>(inner)) {
      gradient<T>(dx, dout, y, sum, first + c * inner, elementsLeft(C, c, inner, width));
    }
  }
}

/** Rows [begin, end): out = log softmax(x). */
// @ts-ignore: decorator
@parallel(1.0 * C)
export function logSoftmaxForward<T>(out: usize, x: usize, C: i32, inner: i32, begin: i32, end: i32): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    const max = maximum<T>(at<T>(x, first), C, inner, width);
    const whole = inner == 1 ? wholeVectors<T>(C) : 0;
    let sum = zero();
    let c = 0;
    for (; c < whole; c += lanes<T>()) sum = v128.add<T>(sum, exponential<T>(0, x, max, first + c, lanes<T>()));
    for (; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      sum = v128.add<T>(sum, exponential<T>(0, x, max, first + c * inner, left));
    }
    const logSum = log<T>(gather<T>(sum, inner));
    for (c = 0; c < whole; c += lanes<T>()) logarithm<T>(out, x, max, logSum, first + c, lanes<T>());
    for (; c < C; c += step<T>(inner)) {
      logarithm<T>(out, x, max, logSum, first + c * inner, elementsLeft(C, c, inner, width));
    }
  }
}

/** Rows [begin, end): dx, from y = log softmax(x). */
// @ts-ignore: decorator
@parallel(1.0 * C)
export function logSoftmaxBackward<T>(
  dx: usize,
  dout: usize, y: usize,
  C: i32, inner: i32, begin: i32, end: i32,
): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    const whole = inner == 1 ? wholeVectors<T>(C) : 0;
    let sum = zero();
    let c = 0;
    for (; c < whole; c += lanes<T>()) sum = v128.add<T>(sum, v128.load(at<T>(dout, first + c)));
    for (; c < C; c += step<T>(inner)) {
      sum = v128.add<T>(sum, loadLanes<T>(at<T>(dout, first + c * inner), elementsLeft(C, c, inner, width)));
    }
    sum = gather<T>(sum, inner);
    for (c = 0; c < whole; c += lanes<T>()) logGradient<T>(dx, dout, y, sum, first + c, lanes<T>());
    for (; c < C; c += step<T>(inner)) {
      logGradient<T>(dx, dout, y, sum, first + c * inner, elementsLeft(C, c, inner, width));
    }
  }
}

/** e^(x−m) of the elements from i on, into `out` too where that is not null; 0 in the lanes beyond. */
// @ts-ignore: decorator
@inline
function exponential<T>(out: usize, x: usize, max: v128, i: i32, left: i32): v128 {
  const e = expOfNegative<T>(v128.sub<T>(loadLanes<T>(at<T>(x, i), left), max));
  if (out) storeLanes<T>(at<T>(out, i), e, left);
  return maskLanes<T>(e, left);
}

/** y = e/s in place. */
// @ts-ignore: decorator
@inline
function share<T>(y: usize, sum: v128, left: i32): void {
  storeLanes<T>(y, v128.div<T>(loadLanes<T>(y, left), sum), left);
}

/** ℓ = (x − m) − log s, in this order: m + log s would round log s to the digits of m. */
// @ts-ignore: decorator
@inline
function logarithm<T>(out: usize, x: usize, max: v128, logSum: v128, i: i32, left: i32): void {
  const l = v128.sub<T>(v128.sub<T>(loadLanes<T>(at<T>(x, i), left), max), logSum);
  storeLanes<T>(at<T>(out, i), l, left);
}

/** dx = y∘(dy − Σ dy∘y). */
// @ts-ignore: decorator
@inline
function gradient<T>(dx: usize, dout: usize, y: usize, sum: v128, i: i32, left: i32): void {
  const d = v128.sub<T>(loadLanes<T>(at<T>(dout, i), left), sum);
  storeLanes<T>(at<T>(dx, i), v128.mul<T>(loadLanes<T>(at<T>(y, i), left), d), left);
}

/** dx = dℓ − e^ℓ·Σ dℓ. */
// @ts-ignore: decorator
@inline
function logGradient<T>(dx: usize, dout: usize, y: usize, sum: v128, i: i32, left: i32): void {
  const p = expOfNegative<T>(loadLanes<T>(at<T>(y, i), left));
  storeLanes<T>(at<T>(dx, i), nmadd<T>(p, sum, loadLanes<T>(at<T>(dout, i), left)), left);
}

/** The maximum of a row, in every lane; or of each lane's row. NaN is passed over: it shows in the sum. */
// @ts-ignore: decorator
@inline
function maximum<T>(x: usize, C: i32, inner: i32, width: i32): v128 {
  const lowest = constant<T>(-Infinity);
  let max = lowest;
  let c = 0;
  const whole = inner == 1 ? wholeVectors<T>(C) : 0;
  for (; c < whole; c += lanes<T>()) max = v128.pmax<T>(max, v128.load(at<T>(x, c)));
  for (; c < C; c += step<T>(inner)) {
    const left = elementsLeft(C, c, inner, width);
    max = v128.pmax<T>(max, fillLanes<T>(loadLanes<T>(at<T>(x, c * inner), left), lowest, left));
  }
  return inner == 1 ? v128.splat<T>(maxLanes<T>(max)) : max;
}

/** The row's total in every lane, from the lanes' sums; where each lane is a row of its own, these as they are. */
// @ts-ignore: decorator
@inline
function gather<T>(sums: v128, inner: i32): v128 {
  return inner == 1 ? v128.splat<T>(sumLanes<T>(sums)) : sums;
}

/** How far one vector reaches along the axis. */
// @ts-ignore: decorator
@inline
function step<T>(inner: i32): i32 {
  return inner == 1 ? lanes<T>() : 1;
}

/** Elements of one vector's load: the rest of the row, or as many as there are rows side by side. */
// @ts-ignore: decorator
@inline
function elementsLeft(C: i32, c: i32, inner: i32, width: i32): i32 {
  return inner == 1 ? C - c : width;
}

/** How many rows from `row` on are done side by side: one, or as many neighbours as fill the lanes. */
// @ts-ignore: decorator
@inline
function rowsAtOnce<T>(row: i32, inner: i32, end: i32): i32 {
  if (inner == 1) return 1;
  return min<i32>(lanes<T>(), min<i32>(inner - row % inner, end - row));
}

/** The index of a row's first element. */
// @ts-ignore: decorator
@inline
function firstOf(row: i32, C: i32, inner: i32): i32 {
  if (inner == 1) return row * C;
  return (row / inner) * C * inner + (row % inner);
}
