// The micro-tile: MR × NR elements of C stay in registers while k runs over a packed panel of A and one of B.
//
//   C[i][j] (+)= Σ_k A[k][i]·B[k][j]        i < MR, j < NR
//
// A row of the tile is two vectors, so NR = 2·lanes. Per k: MR broadcast loads, 2 vector loads, 2·MR multiply-adds
// on 2·MR accumulators. V8 has 15 usable vector registers on x64: 2·MR accumulators, 2 of B and 1 of A make
// MR = 6 the most, with no register left for a factor α: gemm scales the panels of A instead. With separate multiply and add a temporary is needed too, and 4 rows are faster (measured).

import { lanes, madd, zero } from '../lib/simd';

/** Rows of the tile: by build, since a fused multiply-add needs no temporary. */
// @ts-ignore: decorator
@inline
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

/** Columns of the tile: two vectors. */
// @ts-ignore: decorator
@inline
export function NR<T>(): i32 {
  return 2 * lanes<T>();
}

/**
 * One full tile. c: MR rows of NR, ldc elements apart; a: [K][MR], b: [K][NR], both packed; K ≥ 1.
 * Overwrites c, or adds to it.
 */
export function tile<T>(c: usize, ldc: i32, a: usize, b: usize, K: i32, accumulate: bool): void {
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
    if (MR > 4) {
      ai = v128.load_splat<T>(a, 4 * sizeof<T>());
      c40 = madd<T>(ai, b0, c40);
      c41 = madd<T>(ai, b1, c41);
      ai = v128.load_splat<T>(a, 5 * sizeof<T>());
      c50 = madd<T>(ai, b0, c50);
      c51 = madd<T>(ai, b1, c51);
    }
    a += MR * sizeof<T>();
    b += 32;
  } while (--K);

  const row = <usize>ldc << alignof<T>();
  storeRow<T>(c, c00, c01, accumulate);
  storeRow<T>((c += row), c10, c11, accumulate);
  storeRow<T>((c += row), c20, c21, accumulate);
  storeRow<T>((c += row), c30, c31, accumulate);
  if (MR > 4) {
    storeRow<T>((c += row), c40, c41, accumulate);
    storeRow<T>((c += row), c50, c51, accumulate);
  }
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
