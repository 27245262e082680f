// One loop nest for everything that broadcasts: o ← f(p, q, r) for every index of a box, of which each tensor has
// some of the axes. Along an axis that an operand lacks its stride is 0: it stands still. Where o stands still, the
// values that meet there are joined: summed, or their maximum taken. So the same nest serves an operation of
// broadcast operands, its gradient (summed over the axes along which an operand was broadcast) and a reduction.
//
// The box is a table of i32 in linear memory (src/geometry/broadcast.ts writes it), whose strides count elements:
//
//   rank, split, and for each of `rank` ≥ 1 axes, outermost first:   size, strideO, strideP, strideQ, strideR
//
// The strides of the last axis are 0 or 1. [begin, end) cuts the axis `split`, along which o moves, so that every
// element of o belongs to one call; all other axes run whole. An operand that f does not use takes p's address and
// strides.
//
// Along the last axis runs one vector loop for all kinds of operands: one that stands still is splatted into a slot
// of the workspace once a row, and read from there with increment 0 where others have increment 16. What is left at
// the end of a row is done an element at a time, in all lanes alike.

import { constant } from './float';
import { at, lanes } from './simd';

@unmanaged
class Axes {
  rank: i32;
  split: i32;
}

@unmanaged
class Axis {
  size: i32;
  strideO: i32; strideP: i32; strideQ: i32; strideR: i32;
}

/** Bytes of workspace that `walk` writes: a slot for p, one for q, one for r. */
export const slots = 48;

/** Elements that are summed in lanes of T; these sums are added in f64. A multiple of every vector's lanes. */
const block = 1024;

/**
 * o ← f(p, q, r) over the box. F has `value<T>(p, q, r)`; Join (join.ts) says what becomes of values that meet.
 * With `accumulate` they are joined to what o holds, else o is overwritten.
 */
export function walk<T, F, Join>(
  o: usize, p: usize, q: usize, r: usize,
  axes: usize, workspace: usize, accumulate: i32, begin: i32, end: i32,
): void {
  if (begin >= end) return;
  const table = changetype<Axes>(axes);
  const first = axes + offsetof<Axes>();
  const last = first + (table.rank - 1) * offsetof<Axis>();
  const split = first + table.split * offsetof<Axis>();
  const cut = changetype<Axis>(split);
  nest<T, F, Join>(
    first, last, split, end - begin,
    at<T>(o, begin * cut.strideO), at<T>(p, begin * cut.strideP),
    at<T>(q, begin * cut.strideQ), at<T>(r, begin * cut.strideR),
    workspace, accumulate,
  );
}

/** How far o moves from one index of the split axis to the next. */
export function splitStride(axes: usize): i32 {
  const split = axes + offsetof<Axes>() + changetype<Axes>(axes).split * offsetof<Axis>();
  return changetype<Axis>(split).strideO;
}

/** The axes from `axis` on; `count` is what there is to do of `split`. */
function nest<T, F, Join>(
  axis: usize, last: usize, split: usize, count: i32,
  o: usize, p: usize, q: usize, r: usize,
  workspace: usize, join: i32,
): void {
  const here = changetype<Axis>(axis);
  let n = axis == split ? count : here.size;
  if (axis == last) {
    if (!here.strideP) p = splatted<T>(workspace, p);
    if (!here.strideQ) q = splatted<T>(workspace + 16, q);
    if (!here.strideR) r = splatted<T>(workspace + 32, r);
    const dp = here.strideP << 4, dq = here.strideQ << 4, dr = here.strideR << 4;
    if (changetype<Join>(0).folds() && !here.strideO) fold<T, F, Join>(o, p, q, r, dp, dq, dr, n, join);
    else map<T, F, Join>(o, p, q, r, dp, dq, dr, n, join);
    return;
  }
  do {
    nest<T, F, Join>(axis + offsetof<Axis>(), last, split, count, o, p, q, r, workspace, join);
    join |= i32(here.strideO == 0); // o has its first values now
    o = at<T>(o, here.strideO);
    p = at<T>(p, here.strideP);
    q = at<T>(q, here.strideQ);
    r = at<T>(r, here.strideR);
  } while (--n);
}

/** A row of o, an element for each value. */
// @ts-ignore: decorator
@inline
function map<T, F, Join>(
  o: usize, p: usize, q: usize, r: usize, dp: usize, dq: usize, dr: usize, n: i32, join: i32,
): void {
  for (; n >= lanes<T>(); n -= lanes<T>()) {
    let v = changetype<F>(0).value<T>(v128.load(p), v128.load(q), v128.load(r));
    if (changetype<Join>(0).folds() && join) v = changetype<Join>(0).lanes<T>(v128.load(o), v);
    v128.store(o, v);
    o += 16;
    p += dp;
    q += dq;
    r += dr;
  }
  for (; n > 0; n--) {
    let v = changetype<F>(0).value<T>(v128.load_splat<T>(p), v128.load_splat<T>(q), v128.load_splat<T>(r));
    if (changetype<Join>(0).folds() && join) v = changetype<Join>(0).lanes<T>(v128.load_splat<T>(o), v);
    store<T>(o, v128.extract_lane<T>(v, 0));
    o += sizeof<T>();
    p += dp / lanes<T>();
    q += dq / lanes<T>();
    r += dr / lanes<T>();
  }
}

/** A row whose values all meet in one element of o. */
// @ts-ignore: decorator
@inline
function fold<T, F, Join>(
  o: usize, p: usize, q: usize, r: usize, dp: usize, dq: usize, dr: usize, n: i32, join: i32,
): void {
  let total: f64 = join ? <f64>load<T>(o) : changetype<Join>(0).identity();
  for (; n >= lanes<T>(); n -= block) {
    let v = constant<T>(changetype<Join>(0).identity());
    for (let k = min<i32>(n, block); k >= lanes<T>(); k -= lanes<T>()) {
      v = changetype<Join>(0).lanes<T>(v, changetype<F>(0).value<T>(v128.load(p), v128.load(q), v128.load(r)));
      p += dp;
      q += dq;
      r += dr;
    }
    total = changetype<Join>(0).numbers(total, <f64>changetype<Join>(0).across<T>(v));
  }
  for (n &= lanes<T>() - 1; n > 0; n--) {
    const v = changetype<F>(0).value<T>(v128.load_splat<T>(p), v128.load_splat<T>(q), v128.load_splat<T>(r));
    total = changetype<Join>(0).numbers(total, <f64>v128.extract_lane<T>(v, 0));
    p += dp / lanes<T>();
    q += dq / lanes<T>();
    r += dr / lanes<T>();
  }
  store<T>(o, <T>total);
}

/** The address of a slot that holds the element at `from` in every lane. */
function splatted<T>(slot: usize, from: usize): usize {
  v128.store(slot, v128.load_splat<T>(from));
  return slot;
}
