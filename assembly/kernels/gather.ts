// Elements or rows of x picked by an index along one axis (PyTorch's gather, index_select and embedding).
//
//   forward    out[Σ i·strideO] = x[Σ i·strideX + index[Σ i·strideI]·stride]
//   backward   dx[Σ i·strideX + index[Σ i·strideI]·stride] += dout[Σ i·strideO]
//
// over every index (i₀, i₁, …) of a box, `stride` being that of x along the axis picked from. The box is a table of
// i32 in linear memory: [rank, then size, strideO, strideX, strideI of each axis, outermost first], in elements.
// Along the axis that the index runs over, the dim, strideX is 0: there the index says where to go.
//
//   gather         an index for each element: strideI = strideO on every axis
//   index_select   one index for a row: strideI 0 on every axis but the dim
//
// Where strideI is 0 on the innermost axis, its elements share an index and are copied or added as a row.
//
// An index may occur more than once, so backward adds to dx, which the caller has filled with zeros or with what it
// adds to. An element of dx receives its terms in the order of the dim, and along the dim only: a cut of any other
// axis partitions dx, and no sum.

import { addRow, copyRow } from '../lib/rows';
import { at, fillLanes, lanes, loadLanes } from '../lib/simd';

/** Bytes from one axis of a table to the next: size, strideO, strideX, strideI. */
const axisBytes: usize = 16;

/** [begin, end) of the table's first axis: out = x at the index. */
// @ts-ignore: decorator
@parallel(0.8 * pickedPerIndex(axes, 0))
export function gatherForward<T>(
  out: usize, x: usize, index: usize, axes: usize, stride: i32, begin: i32, end: i32,
): void {
  walk<T>(out, x, index, axes + 4, load<i32>(axes), stride, false, 0, begin, end);
}

/** [begin, end) of axis `cut` of the table, which is not the dim: dx += dout at the index. */
// @ts-ignore: decorator
@parallel(1.0 * pickedPerIndex(axes, cut))
export function gatherBackward<T>(
  dx: usize, dout: usize, index: usize, axes: usize, stride: i32, cut: i32, begin: i32, end: i32,
): void {
  walk<T>(dout, dx, index, axes + 4, load<i32>(axes), stride, true, cut, begin, end);
}

/** Elements of the box at one index of axis `cut`. */
export function pickedPerIndex(axes: usize, cut: i32): f64 {
  let elements = 1.0;
  for (let i = 0; i < load<i32>(axes); i++) if (i != cut) elements *= load<i32>(axes + 4 + <usize>i * axisBytes);
  return elements;
}

/** The smallest of `count` indices, at least 1 of them. */
export function smallestIndex(index: usize, count: i32): i32 {
  let least = i32x4.splat(i32.MAX_VALUE);
  for (let i = 0; i < count; i += lanes<i32>()) {
    const left = count - i;
    least = i32x4.min_s(least, fillLanes<i32>(loadLanes<i32>(at<i32>(index, i), left), least, left));
  }
  return min(
    min(i32x4.extract_lane(least, 0), i32x4.extract_lane(least, 1)),
    min(i32x4.extract_lane(least, 2), i32x4.extract_lane(least, 3)),
  );
}

/** The largest of `count` indices, at least 1 of them. */
export function largestIndex(index: usize, count: i32): i32 {
  let most = i32x4.splat(i32.MIN_VALUE);
  for (let i = 0; i < count; i += lanes<i32>()) {
    const left = count - i;
    most = i32x4.max_s(most, fillLanes<i32>(loadLanes<i32>(at<i32>(index, i), left), most, left));
  }
  return max(
    max(i32x4.extract_lane(most, 0), i32x4.extract_lane(most, 1)),
    max(i32x4.extract_lane(most, 2), i32x4.extract_lane(most, 3)),
  );
}

/** The box of `rank` axes from `axis` on; [begin, end) is the part of axis `cut`, counted from here. */
function walk<T>(
  out: usize, x: usize, index: usize, axis: usize, rank: i32, stride: i32, add: bool, cut: i32, begin: i32, end: i32,
): void {
  const strideO = load<i32>(axis, 4), strideX = load<i32>(axis, 8), strideI = load<i32>(axis, 12);
  const from = cut ? 0 : begin, to = cut ? load<i32>(axis) : end;
  if (rank > 1) {
    for (let i = from; i < to; i++) {
      walk<T>(
        at<T>(out, i * strideO), at<T>(x, i * strideX), at<i32>(index, i * strideI), axis + axisBytes, rank - 1,
        stride, add, cut - 1, begin, end,
      );
    }
  } else if (strideI == 0 && strideO == 1 && strideX == 1) {
    const o = at<T>(out, from), row = at<T>(x, load<i32>(index) * stride + from);
    if (add) addRow<T>(row, o, to - from);
    else copyRow<T>(o, row, to - from);
  } else {
    for (let i = from; i < to; i++) {
      const o = at<T>(out, i * strideO);
      const element = at<T>(x, i * strideX + load<i32>(at<i32>(index, i * strideI)) * stride);
      if (add) store<T>(element, load<T>(element) + load<T>(o));
      else store<T>(o, load<T>(element));
    }
  }
}
