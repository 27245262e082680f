// A box of elements copied from one array into another, each with strides of its own:
//
//   forward    out[Σ i·strideO] = x[Σ i·strideX]            for every index (i₀, i₁, …) of the box
//   backward   dx[Σ i·strideX] (=|+=) dout[Σ i·strideO]     the same box the other way round
//
// so that one kernel permutes, slices, pads, concatenates, splits and flips, forward and backward. Every element of
// out belongs to one index at most: a sum over a box is not a copy.
//
// The box is a table of i32 in linear memory: [rank, then size, strideO, strideX of each axis, outermost first], the
// strides in elements. The order of its axes is free, which leaves five ways to walk a plane, its two innermost:
//
//   strideO 1, strideX 1 on the inner axis                    rows, a vector at a time
//   strideO 1 on the inner, strideX 1 on the outer axis       a transposition, in blocks
//   strideO 1 on the inner axis                               vectors gathered from x
//   strideX 1 on the inner axis                               vectors scattered to out, unless it accumulates
//   any other                                                 one element after the other
//
// src/geometry/box.ts orders the axes such that one of the first two is found where there is one.

import { gatherRow, scatterRow } from '../lib/columns';
import { addRow, copyRow } from '../lib/rows';
import { at } from '../lib/simd';
import { copyElements, transpose } from '../lib/transpose';

/** Bytes from one axis of a table to the next: size, strideO, strideX. */
const axisBytes: usize = 12;

/** [begin, end) of the table's first axis: out (=|+=) x over the box. */
// @ts-ignore: decorator
@parallel(0.4 * boxPerIndex(axes))
export function stridedCopy<T>(out: usize, x: usize, axes: usize, accumulate: i32, begin: i32, end: i32): void {
  const rank = load<i32>(axes), first = axes + 4;
  const o = at<T>(out, begin * load<i32>(first, 4)), from = at<T>(x, begin * load<i32>(first, 8));
  copyBox<T>(o, from, first, rank, end - begin, accumulate != 0);
}

/** Elements of the box at one index of its first axis. */
export function boxPerIndex(axes: usize): f64 {
  let elements = 1.0;
  for (let axis: usize = 1; axis < <usize>load<i32>(axes); axis++) elements *= load<i32>(axes + 4 + axis * axisBytes);
  return elements;
}

/** The box of `rank` axes from `axis` on, `count` steps of the first. */
function copyBox<T>(out: usize, x: usize, axis: usize, rank: i32, count: i32, accumulate: bool): void {
  const strideO = load<i32>(axis, 4), strideX = load<i32>(axis, 8), next = axis + axisBytes;
  if (rank == 1) {
    copyPlane<T>(out, x, 1, 0, 0, count, strideO, strideX, accumulate);
  } else if (rank == 2) {
    copyPlane<T>(out, x, count, strideO, strideX, load<i32>(next), load<i32>(next, 4), load<i32>(next, 8), accumulate);
  } else {
    for (let i = 0; i < count; i++) {
      copyBox<T>(at<T>(out, i * strideO), at<T>(x, i * strideX), next, rank - 1, load<i32>(next), accumulate);
    }
  }
}

/** out[r·rowO + c·columnO] (=|+=) x[r·rowX + c·columnX]. */
function copyPlane<T>(
  out: usize, x: usize, rows: i32, rowO: i32, rowX: i32, columns: i32, columnO: i32, columnX: i32, accumulate: bool,
): void {
  if (columnO == 1 && columnX == 1) {
    for (let r = 0; r < rows; r++) {
      if (accumulate) addRow<T>(at<T>(out, r * rowO), at<T>(x, r * rowX), columns);
      else copyRow<T>(at<T>(out, r * rowO), at<T>(x, r * rowX), columns);
    }
  } else if (columnO == 1 && rowX == 1) {
    transpose<T>(out, x, rows, rowO, columns, columnX, accumulate);
  } else if (columnO == 1 && !accumulate) {
    for (let r = 0; r < rows; r++) gatherRow<T>(at<T>(out, r * rowO), at<T>(x, r * rowX), columns, columnX);
  } else if (columnX == 1 && !accumulate) {
    for (let r = 0; r < rows; r++) scatterRow<T>(at<T>(out, r * rowO), at<T>(x, r * rowX), columns, columnO);
  } else {
    copyElements<T>(out, x, rows, rowO, rowX, columns, columnO, columnX, accumulate);
  }
}
