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
// and never meet. The loops are the same: they differ in the step along the axis and in `gather`.
// dx overwrites. Backward needs the output only.

import { constant } from '../lib/float';
import { exp, log } from '../lib/math';
import {
  at, fillLanes, lanes, loadLanes, madd, maskLanes, maxLanes, nmadd, storeLanes, sumLanes, zero,
} from '../lib/simd';

/** Rows [begin, end): out = softmax(x). */
export function softmaxForward<T>(out: usize, x: usize, C: i32, inner: i32, begin: i32, end: i32): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    const max = maximum<T>(at<T>(x, first), C, inner, width);
    let sum = zero();
    for (let c = 0; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const e = exp<T>(v128.sub<T>(loadLanes<T>(at<T>(x, first + c * inner), left), max));
      storeLanes<T>(at<T>(out, first + c * inner), e, left);
      sum = v128.add<T>(sum, maskLanes<T>(e, left));
    }
    sum = gather<T>(sum, inner);
    for (let c = 0; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const y = at<T>(out, first + c * inner);
      storeLanes<T>(y, v128.div<T>(loadLanes<T>(y, left), sum), left);
    }
  }
}

/** Rows [begin, end): dx, from y = softmax(x). */
export function softmaxBackward<T>(
  dx: usize,
  dout: usize, y: usize,
  C: i32, inner: i32, begin: i32, end: i32,
): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    let sum = zero();
    for (let c = 0; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const i = first + c * inner;
      sum = madd<T>(loadLanes<T>(at<T>(dout, i), left), loadLanes<T>(at<T>(y, i), left), sum);
    }
    sum = gather<T>(sum, inner);
    for (let c = 0; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const i = first + c * inner;
      const d = v128.sub<T>(loadLanes<T>(at<T>(dout, i), left), sum);
      storeLanes<T>(at<T>(dx, i), v128.mul<T>(loadLanes<T>(at<T>(y, i), left), d), left);
    }
  }
}

/** Rows [begin, end): out = log softmax(x). */
export function logSoftmaxForward<T>(out: usize, x: usize, C: i32, inner: i32, begin: i32, end: i32): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    const max = maximum<T>(at<T>(x, first), C, inner, width);
    let sum = zero();
    for (let c = 0; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const e = exp<T>(v128.sub<T>(loadLanes<T>(at<T>(x, first + c * inner), left), max));
      sum = v128.add<T>(sum, maskLanes<T>(e, left));
    }
    const logSum = log<T>(gather<T>(sum, inner));
    for (let c = 0; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const i = first + c * inner;
      // In this order: m + log s would round log s to the digits of m.
      const l = v128.sub<T>(v128.sub<T>(loadLanes<T>(at<T>(x, i), left), max), logSum);
      storeLanes<T>(at<T>(out, i), l, left);
    }
  }
}

/** Rows [begin, end): dx, from y = log softmax(x). */
export function logSoftmaxBackward<T>(
  dx: usize,
  dout: usize, y: usize,
  C: i32, inner: i32, begin: i32, end: i32,
): void {
  for (let row = begin, width = 0; row < end; row += width) {
    width = rowsAtOnce<T>(row, inner, end);
    const first = firstOf(row, C, inner);
    let sum = zero();
    for (let c = 0; c < C; c += step<T>(inner)) {
      sum = v128.add<T>(sum, loadLanes<T>(at<T>(dout, first + c * inner), elementsLeft(C, c, inner, width)));
    }
    sum = gather<T>(sum, inner);
    for (let c = 0; c < C; c += step<T>(inner)) {
      const left = elementsLeft(C, c, inner, width);
      const i = first + c * inner;
      const p = exp<T>(loadLanes<T>(at<T>(y, i), left));
      storeLanes<T>(at<T>(dx, i), nmadd<T>(p, sum, loadLanes<T>(at<T>(dout, i), left)), left);
    }
  }
}

/** The maximum of a row, in every lane; or of each lane's row. NaN is passed over: it shows in the sum. */
// @ts-ignore: decorator
@inline
function maximum<T>(x: usize, C: i32, inner: i32, width: i32): v128 {
  const lowest = constant<T>(-Infinity);
  let max = lowest;
  for (let c = 0; c < C; c += step<T>(inner)) {
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
  return (row / inner) * C * inner + (row % inner);
}
