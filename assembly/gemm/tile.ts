// The micro-tile: a few rows of NR elements of C stay in registers while k runs over a packed panel of A and one of B.
//
//   C[i][j] (+)= Σ_k A[k][i]·B[k][j]        i < MR or MS, j < NR
//
// A row of the tile is two vectors, so NR = 2·lanes. Per k and R rows: R broadcast loads, 2 vector loads, 2·R
// multiply-adds on 2·R accumulators. V8 has 15 usable vector registers on x64: 2·R accumulators, 2 of B and 1 of A make
// R = 6 the most, with no register left for a factor α: gemm scales the panels of A instead. With separate multiply
// and add a temporary is needed too, and 4 rows are faster (measured; docs/measurements.md, also for what unrolling does).
//
// The rows of C are divided into tall tiles of MR and, for what is left of them, up to two short ones of MS.

import { lanes, madd, zero } from '../lib/simd';

/** Rows of a short tile, and the only height in the plain build. */
// @ts-ignore: decorator
@inline
export const MS: i32 = 4;

/** Rows of a tall tile: by build, since a fused multiply-add needs no temporary. */
// @ts-ignore: decorator
@inline
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : MS;

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
  return M <= tall ? tall : tall + ((M - tall + MS - 1) / MS) * MS;
}

/** Columns of the tile: two vectors. */
// @ts-ignore: decorator
@inline
export function NR<T>(): i32 {
  return 2 * lanes<T>();
}

/**
 * One full tile of `rows`, MR or MS. c: rows of NR, ldc elements apart; a: [K][rows], b: [K][NR], both packed; K ≥ 1.
 * Overwrites c, or adds to it.
 */
// @ts-ignore: decorator
@inline
function tileOf<T>(rows: i32, c: usize, ldc: i32, a: usize, b: usize, K: i32, accumulate: bool): void {
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero();
  let c30 = zero(), c31 = zero(), c40 = zero(), c41 = zero(), c50 = zero(), c51 = zero();
  do {
    const b0 = v128.load(b, 0), b1 = v128.load(b, 16);
    let ai = v128.load_splat<T>(a, 0);
    c00 = madd<T>(ai, b0, c00);
    c01 = madd<T>(ai, b1, c01);
    ai = v128.load_splat<T>(a, sizeof<T>());
    c10 = madd<T>(ai, b0, c10);
    c11 = madd<T>(ai, b1, c11);
    ai = v128.load_splat<T>(a, 2 * sizeof<T>());
    c20 = madd<T>(ai, b0, c20);
    c21 = madd<T>(ai, b1, c21);
    ai = v128.load_splat<T>(a, 3 * sizeof<T>());
    c30 = madd<T>(ai, b0, c30);
    c31 = madd<T>(ai, b1, c31);
    if (rows > MS) {
      ai = v128.load_splat<T>(a, 4 * sizeof<T>());
      c40 = madd<T>(ai, b0, c40);
      c41 = madd<T>(ai, b1, c41);
      ai = v128.load_splat<T>(a, 5 * sizeof<T>());
      c50 = madd<T>(ai, b0, c50);
      c51 = madd<T>(ai, b1, c51);
    }
    a += rows * sizeof<T>();
    b += 32;
  } while (--K);

  const row = <usize>ldc << alignof<T>();
  storeRow<T>(c, c00, c01, accumulate);
  storeRow<T>((c += row), c10, c11, accumulate);
  storeRow<T>((c += row), c20, c21, accumulate);
  storeRow<T>((c += row), c30, c31, accumulate);
  if (rows > MS) {
    storeRow<T>((c += row), c40, c41, accumulate);
    storeRow<T>((c += row), c50, c51, accumulate);
  }
}

export function tallTile<T>(c: usize, ldc: i32, a: usize, b: usize, K: i32, accumulate: bool): void {
  tileOf<T>(MR, c, ldc, a, b, K, accumulate);
}

export function shortTile<T>(c: usize, ldc: i32, a: usize, b: usize, K: i32, accumulate: bool): void {
  tileOf<T>(MS, c, ldc, a, b, K, accumulate);
}

// @ts-ignore: decorator
@inline
function storeRow<T>(c: usize, left: v128, right: v128, accumulate: bool): void {
  if (accumulate) {
    left = v128.add<T>(left, v128.load(c, 0));
    right = v128.add<T>(right, v128.load(c, 16));
  }
  v128.store(c, left, 0);
  v128.store(c, right, 16);
}
