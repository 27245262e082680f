// The micro-tile: a few rows of NR elements of C stay in registers while k runs over a packed panel of A and over B: a packed
// panel as well, or, `direct`, two vectors that lie anywhere in an image x̂, moved from tap to tap (gemm/im2col.ts).
//
//   C[i][j] (+)= Σ_k A[k][i]·B[k][j]        i < MR or MS, j < NR
//
// A row of the tile is two vectors, so NR = 2·lanes. Per k and R rows: R broadcast loads, 2 vector loads, 2·R
// multiply-adds on 2·R accumulators. V8 has 15 usable vector registers on x64: 2·R accumulators, 2 of B and 1 of A make
// R = 6 the most, with no register left for a factor α: gemm scales the panels of A instead. With separate multiply
// and add a temporary is needed too, and 4 rows are faster (measured; docs/measurements.md, also for what unrolling does).
//
// The rows of C are divided into tall tiles of MR and, for what is left of them, up to two short ones of MS. Where no more than a
// vector of columns is left, tiles of MR rows are `slim`: they have the left of the two vectors only.

import { lanes, madd, zero } from '../lib/simd';

/** Rows of a short tile, and the only height in the plain build. */
// @ts-ignore: decorator
@inline
export const MS: i32 = 4;

/** Rows of a tall tile: by build, since a fused multiply-add needs no temporary. */
// @ts-ignore: decorator
@inline
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : MS;

/** Entry i of a table of places, in bytes. */
// @ts-ignore: decorator
@inline
export function entry(table: usize, i: i32): usize {
  return load<i32>(table + 4 * i);
}

// @ts-ignore: decorator
@inline
export function roundUp(value: i32, multiple: i32): i32 {
  return ((value + multiple - 1) / multiple) * multiple;
}

/** How many of M rows tall tiles take: all that keeps the rest, in short ones, from sticking out more than it must. */
export function tallRows(M: i32): i32 {
  if (MR == MS) return 0;
  const rest = M % MR;
  if (rest == 0) return M;
  if (rest > MS) return M + MR - rest;
  return rest > MS / 2 || M < MR ? M - rest : M - rest - MR;
}

/** The rows that M rows take as panels. */
// @ts-ignore: decorator
@inline
export function paddedRows(M: i32): i32 {
  const tall = tallRows(M);
  return M <= tall ? tall : tall + roundUp(M - tall, MS);
}

/** Columns of the tile: two vectors. */
// @ts-ignore: decorator
@inline
export function NR<T>(): i32 {
  return 2 * lanes<T>();
}

/**
 * One full tile of `rows`, MR or MS. c, c1: the two vectors of its first row, ldc elements to the next; a: [K][rows], packed;
 * K ≥ 1. Packed, b is [K][NR], and what was in c is added with `accumulate`. Direct, b and b1 are where two vectors of x̂
 * begin, `taps` has the bytes from there for every k, and the sum of a row begins with its number at `start`.
 */
// @ts-ignore: decorator
@inline
@unrolled
function tileOf<T>(
  rows: i32, slim: bool, direct: bool, c: usize, c1: usize, ldc: i32, a: usize, b: usize, b1: usize, taps: usize, K: i32,
  start: usize, accumulate: bool,
): void {
  let c00 = zero(), c10 = zero(), c20 = zero(), c30 = zero(), c40 = zero(), c50 = zero();
  if (direct) {
    c00 = v128.load_splat<T>(start, 0);
    c10 = v128.load_splat<T>(start, sizeof<T>());
    c20 = v128.load_splat<T>(start, 2 * sizeof<T>());
    c30 = v128.load_splat<T>(start, 3 * sizeof<T>());
    if (rows > MS) {
      c40 = v128.load_splat<T>(start, 4 * sizeof<T>());
      c50 = v128.load_splat<T>(start, 5 * sizeof<T>());
    }
  }
  let c01 = c00, c11 = c10, c21 = c20, c31 = c30, c41 = c40, c51 = c50;
  do {
    const tap = direct ? <usize>load<i32>(taps) : 0;
    const left = direct ? v128.load(b + tap) : v128.load(b, 0);
    const right = direct ? v128.load(b1 + tap) : slim ? left : v128.load(b, 16);
    let ai = v128.load_splat<T>(a, 0);
    c00 = madd<T>(ai, left, c00);
    if (!slim) c01 = madd<T>(ai, right, c01);
    ai = v128.load_splat<T>(a, sizeof<T>());
    c10 = madd<T>(ai, left, c10);
    if (!slim) c11 = madd<T>(ai, right, c11);
    ai = v128.load_splat<T>(a, 2 * sizeof<T>());
    c20 = madd<T>(ai, left, c20);
    if (!slim) c21 = madd<T>(ai, right, c21);
    ai = v128.load_splat<T>(a, 3 * sizeof<T>());
    c30 = madd<T>(ai, left, c30);
    if (!slim) c31 = madd<T>(ai, right, c31);
    if (rows > MS) {
      ai = v128.load_splat<T>(a, 4 * sizeof<T>());
      c40 = madd<T>(ai, left, c40);
      if (!slim) c41 = madd<T>(ai, right, c41);
      ai = v128.load_splat<T>(a, 5 * sizeof<T>());
      c50 = madd<T>(ai, left, c50);
      if (!slim) c51 = madd<T>(ai, right, c51);
    }
    a += rows * sizeof<T>();
    if (direct) taps += 4;
    else b += 32;
  } while (--K);

  const row = <usize>ldc << alignof<T>();
  storeRow<T>(c, c1, c00, c01, accumulate, slim);
  storeRow<T>((c += row), (c1 += row), c10, c11, accumulate, slim);
  storeRow<T>((c += row), (c1 += row), c20, c21, accumulate, slim);
  storeRow<T>((c += row), (c1 += row), c30, c31, accumulate, slim);
  if (rows > MS) {
    storeRow<T>((c += row), (c1 += row), c40, c41, accumulate, slim);
    storeRow<T>((c += row), (c1 += row), c50, c51, accumulate, slim);
  }
}

/** Two vectors of a row of C, which may overlap, or the first only. */
// @ts-ignore: decorator
@inline
export function storeRow<T>(c: usize, c1: usize, left: v128, right: v128, accumulate: bool, slim: bool): void {
  if (accumulate) {
    left = v128.add<T>(left, v128.load(c));
    if (!slim) right = v128.add<T>(right, v128.load(c1));
  }
  v128.store(c, left);
  if (!slim) v128.store(c1, right);
}

/** Tiles of packed panels: overwrite c, or add to it. */
export function tallTile<T>(c: usize, ldc: i32, a: usize, b: usize, K: i32, accumulate: bool): void {
  tileOf<T>(MR, false, false, c, c + 16, ldc, a, b, 0, 0, K, 0, accumulate);
}

export function shortTile<T>(c: usize, ldc: i32, a: usize, b: usize, K: i32, accumulate: bool): void {
  tileOf<T>(MS, false, false, c, c + 16, ldc, a, b, 0, 0, K, 0, accumulate);
}

/** MR rows by the first vector of a packed panel. */
export function slimTile<T>(c: usize, ldc: i32, a: usize, b: usize, K: i32, accumulate: bool): void {
  tileOf<T>(MR, true, false, c, c, ldc, a, b, 0, 0, K, 0, accumulate);
}

/** Tiles of a panel of A and x̂: overwrite what is at c and c1. */
export function tallDirectTile<T>(
  c: usize, c1: usize, ldc: i32, a: usize, x0: usize, x1: usize, taps: usize, K: i32, start: usize,
): void {
  tileOf<T>(MR, false, true, c, c1, ldc, a, x0, x1, taps, K, start, false);
}

export function shortDirectTile<T>(
  c: usize, c1: usize, ldc: i32, a: usize, x0: usize, x1: usize, taps: usize, K: i32, start: usize,
): void {
  tileOf<T>(MS, false, true, c, c1, ldc, a, x0, x1, taps, K, start, false);
}
