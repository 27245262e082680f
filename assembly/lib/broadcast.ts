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
// element of o belongs to one call; all other axes run whole.
//
// Along the last axis runs one vector loop for all kinds of operands: one that stands still is splatted into a slot
// of the workspace once a row, and read from there with increment 0 where others have increment 64. What is left at
// the end of a row is done an element at a time, in all lanes alike.

import { constant } from './float';
import { Assign } from './join';
import { at, lanes, zero } from './simd';

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

/** Which operands a formula `reads` besides p: the sum of these, or 0. */
export const Q = 1, R = 2;

/** Added to what a formula reads where it takes so long that unrolling wins 5 % at most (measured): size counts then. */
export const LONG = 4;

/** Bytes of workspace that `walk` writes: a slot of `unroll` vectors for each of p, q and r. */
export const slots = 192;

/** Vectors a turn of the innermost loop: one at a time takes 1.8 times as long (measured). */
const unroll = 4;

/** Whether the innermost loop is unrolled: not in f64, which is there for checking gradients, so that size counts; nor around a long formula. */
// @ts-ignore: decorator
@inline
function unrolls<T, F>(): bool {
  return sizeof<T>() == 4 && (changetype<F>(0).reads() & LONG) == 0;
}

/** Elements that are summed in lanes of T; these sums are added in f64. A multiple of what a turn takes. */
const block = 1024;

/**
 * o ← f(p, q, r) over the box. Of F is asked `value<T>(p, q, r)` and which of q and r it `reads`: the address and the
 * strides of one that it does not may be anything. Join (join.ts) says what becomes of values that meet. With
 * `accumulate` they are joined to what o holds, else o is overwritten.
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

/** Elements of the box at one index of the split axis. */
export function elementsPerIndex(axes: usize): i32 {
  const table = changetype<Axes>(axes), first = axes + offsetof<Axes>();
  let elements = 1;
  for (let i = 0; i < table.rank; i++) {
    if (i != table.split) elements *= changetype<Axis>(first + i * offsetof<Axis>()).size;
  }
  return elements;
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
    if (readsQ<F>() && !here.strideQ) q = splatted<T>(workspace + 16 * unroll, q);
    if (readsR<F>() && !here.strideR) r = splatted<T>(workspace + 32 * unroll, r);
    const dp = here.strideP * 16 * unroll, dq = here.strideQ * 16 * unroll, dr = here.strideR * 16 * unroll;
    if (changetype<Join>(0).joins() && !here.strideO) fold<T, F, Join>(o, p, q, r, dp, dq, dr, n, join);
    else if (changetype<Join>(0).joins() && join) map<T, F, Join>(o, p, q, r, dp, dq, dr, n);
    else map<T, F, Assign>(o, p, q, r, dp, dq, dr, n);
    return;
  }
  do {
    nest<T, F, Join>(axis + offsetof<Axis>(), last, split, count, o, p, q, r, workspace, join);
    join |= i32(here.strideO == 0); // o has its first values now
    o = at<T>(o, here.strideO);
    p = at<T>(p, here.strideP);
    if (readsQ<F>()) q = at<T>(q, here.strideQ);
    if (readsR<F>()) r = at<T>(r, here.strideR);
  } while (--n);
}

/** A row of o, an element for each value. */
// @ts-ignore: decorator
@inline
function map<T, F, Join>(
  o: usize, p: usize, q: usize, r: usize, dp: usize, dq: usize, dr: usize, n: i32,
): void {
  for (; unrolls<T, F>() && n >= unroll * lanes<T>(); n -= unroll * lanes<T>()) {
    const v0 = vector<T, F, Vector0>(p, q, r), v1 = vector<T, F, Vector1>(p, q, r);
    const v2 = vector<T, F, Vector2>(p, q, r), v3 = vector<T, F, Vector3>(p, q, r);
    put<T, Join, Vector0>(o, v0);
    put<T, Join, Vector1>(o, v1);
    put<T, Join, Vector2>(o, v2);
    put<T, Join, Vector3>(o, v3);
    o += 16 * unroll;
    p += dp;
    q += dq;
    r += dr;
  }
  for (; n >= lanes<T>(); n -= lanes<T>()) {
    put<T, Join, Vector0>(o, vector<T, F, Vector0>(p, q, r));
    o += 16;
    p += dp / unroll;
    q += dq / unroll;
    r += dr / unroll;
  }
  for (; n > 0; n--) {
    let v = element<T, F>(p, q, r);
    if (changetype<Join>(0).joins()) v = changetype<Join>(0).lanes<T>(v128.load_splat<T>(o), v);
    store<T>(o, v128.extract_lane<T>(v, 0));
    o += sizeof<T>();
    p += dp / (unroll * lanes<T>());
    q += dq / (unroll * lanes<T>());
    r += dr / (unroll * lanes<T>());
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
    let k = min<i32>(n, block);
    let v0 = constant<T>(changetype<Join>(0).identity());
    let v1 = v0, v2 = v0, v3 = v0;
    for (; unrolls<T, F>() && k >= unroll * lanes<T>(); k -= unroll * lanes<T>()) {
      v0 = changetype<Join>(0).lanes<T>(v0, vector<T, F, Vector0>(p, q, r));
      v1 = changetype<Join>(0).lanes<T>(v1, vector<T, F, Vector1>(p, q, r));
      v2 = changetype<Join>(0).lanes<T>(v2, vector<T, F, Vector2>(p, q, r));
      v3 = changetype<Join>(0).lanes<T>(v3, vector<T, F, Vector3>(p, q, r));
      p += dp;
      q += dq;
      r += dr;
    }
    for (; k >= lanes<T>(); k -= lanes<T>()) {
      v0 = changetype<Join>(0).lanes<T>(v0, vector<T, F, Vector0>(p, q, r));
      p += dp / unroll;
      q += dq / unroll;
      r += dr / unroll;
    }
    v0 = changetype<Join>(0).lanes<T>(changetype<Join>(0).lanes<T>(v0, v1), changetype<Join>(0).lanes<T>(v2, v3));
    total = changetype<Join>(0).numbers(total, <f64>changetype<Join>(0).across<T>(v0));
  }
  for (n &= lanes<T>() - 1; n > 0; n--) {
    total = changetype<Join>(0).numbers(total, <f64>v128.extract_lane<T>(element<T, F>(p, q, r), 0));
    p += dp / (unroll * lanes<T>());
    q += dq / (unroll * lanes<T>());
    r += dr / (unroll * lanes<T>());
  }
  store<T>(o, <T>total);
}

// What lies before each vector of a turn. An immediate offset has to be a constant before functions are inlined: a
// number passed to one is not, the size of a type is.
@unmanaged class Vector0 {}
@unmanaged class Vector1 { v0: v128; }
@unmanaged class Vector2 { v0: v128; v1: v128; }
@unmanaged class Vector3 { v0: v128; v1: v128; v2: v128; }

/** f of vector V of a turn. */
// @ts-ignore: decorator
@inline
function vector<T, F, V>(p: usize, q: usize, r: usize): v128 {
  const b = readsQ<F>() ? v128.load(q, offsetof<V>()) : zero();
  const c = readsR<F>() ? v128.load(r, offsetof<V>()) : zero();
  return changetype<F>(0).value<T>(v128.load(p, offsetof<V>()), b, c);
}

/** f of single elements, in every lane. */
// @ts-ignore: decorator
@inline
function element<T, F>(p: usize, q: usize, r: usize): v128 {
  const b = readsQ<F>() ? v128.load_splat<T>(q) : zero();
  const c = readsR<F>() ? v128.load_splat<T>(r) : zero();
  return changetype<F>(0).value<T>(v128.load_splat<T>(p), b, c);
}

/** v written as vector V of a turn, or joined to what is there. */
// @ts-ignore: decorator
@inline
function put<T, Join, V>(o: usize, v: v128): void {
  if (changetype<Join>(0).joins()) {
    v = changetype<Join>(0).lanes<T>(v128.load(o, offsetof<V>()), v);
  }
  v128.store(o, v, offsetof<V>());
}

// @ts-ignore: decorator
@inline
function readsQ<F>(): bool {
  return (changetype<F>(0).reads() & Q) != 0;
}

// @ts-ignore: decorator
@inline
function readsR<F>(): bool {
  return (changetype<F>(0).reads() & R) != 0;
}

/** The address of a slot that holds the element at `from` in every lane. */
function splatted<T>(slot: usize, from: usize): usize {
  const v = v128.load_splat<T>(from);
  v128.store(slot, v);
  v128.store(slot, v, 16);
  v128.store(slot, v, 32);
  v128.store(slot, v, 48);
  return slot;
}
