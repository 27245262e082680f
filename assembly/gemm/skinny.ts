// C = α·A·op(B) + C for few rows of A, or for K = 1. Then packing B, which reads and writes all of it once more, costs much of what
// the product does, or more; here B is read where it lies.
//
//   B [K][N]    c[n] += Σ_j α·a[k_j]·b[k_j][n],  four rows of B at a time: C is read and written once for the four
//   B [N][K]    c[n] += α·Σ_k a[k]·b[n][k],      four dot products at a time, or those of dot-tile.ts where rows are two and more, and long
//
// The four rows lie a quarter of B apart, and the next four follow them in memory: four streams, each of which the processor
// fetches ahead of its use. With four rows side by side it begins anew with every four, and takes a fifth longer (measured).
//
// Each c[n] adds its terms in an order that does not depend on which columns are asked for.

import { at, lanes, loadLanes, madd, storeLanes, sumLanes, zero } from '../lib/simd';
import { addTiles, placesOf, prepareSums, tapsTogether } from './dot-tile';

/** Columns [begin, end) of C += α·A·B. A: element (m, k) at m·aRow + k·aK; B: [K][N], ldb elements a row. */
export function rowsTimesMatrix<T>(
  c: usize, a: usize, b: usize, M: i32, K: i32,
  aRow: i32, aK: i32, ldb: i32, ldc: i32, alpha: T, begin: i32, end: i32,
): void {
  const quarter = K >> 2, aQuarter = quarter * aK;
  for (let k = 0; k < quarter; k++) {
    for (let m = 0; m < M; m++) {
      const from = at<T>(a, m * aRow + k * aK);
      addFour<T>(at<T>(c, m * ldc), at<T>(b, k * ldb), quarter * ldb,
        factor<T>(from, 0, alpha), factor<T>(from, aQuarter, alpha),
        factor<T>(from, 2 * aQuarter, alpha), factor<T>(from, 3 * aQuarter, alpha), begin, end);
    }
  }
  for (let k = 4 * quarter; k < K; k++) {
    for (let m = 0; m < M; m++) {
      addOne<T>(at<T>(c, m * ldc), at<T>(b, k * ldb), factor<T>(a, m * aRow + k * aK, alpha), begin, end);
    }
  }
}

/** Columns [begin, end) of C += α·A·Bᵀ. A: [M][K], aRow elements a row; B: [N][K], ldb elements a row. */
export function rowsTimesTransposed<T>(
  c: usize, a: usize, b: usize, M: i32, K: i32,
  aRow: i32, ldb: i32, ldc: i32, alpha: T, begin: i32, end: i32,
): void {
  const quarter = (end - begin) >> 2, left = (end - begin) & 3;
  for (let n = begin; n < begin + quarter; n++) {
    for (let m = 0; m < M; m++) {
      dotFour<T>(at<T>(c, m * ldc + n), quarter, at<T>(a, m * aRow), at<T>(b, n * ldb), quarter * ldb, 3, K, alpha);
    }
  }
  if (left == 0) return;
  for (let m = 0, n = end - left; m < M; m++) {
    dotFour<T>(at<T>(c, m * ldc + n), 1, at<T>(a, m * aRow), at<T>(b, n * ldb), ldb, left - 1, K, alpha);
  }
}

// @ts-ignore: decorator
@inline
function factor<T>(a: usize, index: i32, alpha: T): v128 {
  return v128.splat<T>(<T>(alpha * load<T>(at<T>(a, index))));
}

/** c[n] += a0·b[0][n] + … + a3·b[3][n]. */
function addFour<T>(
  c: usize, b: usize, ldb: i32, a0: v128, a1: v128, a2: v128, a3: v128, begin: i32, end: i32,
): void {
  const b1 = at<T>(b, ldb), b2 = at<T>(b, 2 * ldb), b3 = at<T>(b, 3 * ldb);
  let n = begin;
  for (; n <= end - lanes<T>(); n += lanes<T>()) {
    let sum = madd<T>(a0, v128.load(at<T>(b, n)), v128.load(at<T>(c, n)));
    sum = madd<T>(a1, v128.load(at<T>(b1, n)), sum);
    sum = madd<T>(a2, v128.load(at<T>(b2, n)), sum);
    v128.store(at<T>(c, n), madd<T>(a3, v128.load(at<T>(b3, n)), sum));
  }
  if (n == end) return;
  const left = end - n;
  let sum = madd<T>(a0, loadLanes<T>(at<T>(b, n), left), loadLanes<T>(at<T>(c, n), left));
  sum = madd<T>(a1, loadLanes<T>(at<T>(b1, n), left), sum);
  sum = madd<T>(a2, loadLanes<T>(at<T>(b2, n), left), sum);
  storeLanes<T>(at<T>(c, n), madd<T>(a3, loadLanes<T>(at<T>(b3, n), left), sum), left);
}

/** c[n] += a·b[n]. */
function addOne<T>(c: usize, b: usize, a: v128, begin: i32, end: i32): void {
  let n = begin;
  for (; n <= end - lanes<T>(); n += lanes<T>()) {
    v128.store(at<T>(c, n), madd<T>(a, v128.load(at<T>(b, n)), v128.load(at<T>(c, n))));
  }
  if (n == end) return;
  const left = end - n;
  storeLanes<T>(at<T>(c, n), madd<T>(a, loadLanes<T>(at<T>(b, n), left), loadLanes<T>(at<T>(c, n), left)), left);
}

/**
 * c[j·step] += α·Σ_k a[k]·b[j][k], j ≤ last < 4; two sums for each, so that a multiply-add need not wait for the one before.
 * Beyond the last, the last is computed again: all of c is read before any is written.
 */
function dotFour<T>(c: usize, step: i32, a: usize, b: usize, ldb: i32, last: i32, K: i32, alpha: T): void {
  const j1 = min(1, last), j2 = min(2, last), L = lanes<T>(), whole = K & -L;
  const b1 = at<T>(b, j1 * ldb), b2 = at<T>(b, j2 * ldb), b3 = at<T>(b, last * ldb);
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), t0 = zero(), t1 = zero(), t2 = zero(), t3 = zero();
  let k = 0;
  while (k < whole) {
    let ak = v128.load(at<T>(a, k));
    s0 = madd<T>(ak, v128.load(at<T>(b, k)), s0);
    s1 = madd<T>(ak, v128.load(at<T>(b1, k)), s1);
    s2 = madd<T>(ak, v128.load(at<T>(b2, k)), s2);
    s3 = madd<T>(ak, v128.load(at<T>(b3, k)), s3);
    k += L;
    // Without this question V8 before Turboshaft (Node 20 and 22) loads all ten vectors first, for which it has not the
    // registers: half the speed (measured).
    if (k >= whole) break;
    ak = v128.load(at<T>(a, k));
    t0 = madd<T>(ak, v128.load(at<T>(b, k)), t0);
    t1 = madd<T>(ak, v128.load(at<T>(b1, k)), t1);
    t2 = madd<T>(ak, v128.load(at<T>(b2, k)), t2);
    t3 = madd<T>(ak, v128.load(at<T>(b3, k)), t3);
    k += L;
  }
  if (k < K) {
    const left = K - k, ak = loadLanes<T>(at<T>(a, k), left);
    s0 = madd<T>(ak, loadLanes<T>(at<T>(b, k), left), s0);
    s1 = madd<T>(ak, loadLanes<T>(at<T>(b1, k), left), s1);
    s2 = madd<T>(ak, loadLanes<T>(at<T>(b2, k), left), s2);
    s3 = madd<T>(ak, loadLanes<T>(at<T>(b3, k), left), s3);
  }
  const c1 = at<T>(c, j1 * step), c2 = at<T>(c, j2 * step), c3 = at<T>(c, last * step);
  const d0 = plusDot<T>(c, s0, t0, alpha), d1 = plusDot<T>(c1, s1, t1, alpha);
  const d2 = plusDot<T>(c2, s2, t2, alpha), d3 = plusDot<T>(c3, s3, t3, alpha);
  store<T>(c, d0);
  store<T>(c1, d1);
  store<T>(c2, d2);
  store<T>(c3, d3);
}

// @ts-ignore: decorator
@inline
function plusDot<T>(c: usize, s: v128, t: v128, alpha: T): T {
  return <T>(load<T>(c) + alpha * sumLanes<T>(v128.add<T>(s, t)));
}

/** Terms of a block of rowsTimesRows: few enough that the rows of a tile stay in L1; and so few that they are no block of their own. */
// @ts-ignore: decorator
@inline
const blockTerms: i32 = 1024;
// @ts-ignore: decorator
@inline
const fewTerms: i32 = 64;

/** Whether a product A·Bᵀ goes by rowsTimesRows: packing B costs as much as a dozen rows, adding lanes up as 60 terms (measured). */
// @ts-ignore: decorator
@inline
export function suitsDots<T>(M: i32, N: i32, K: i32): bool {
  return sizeof<T>() == 4 && M > 1 && N >= tapsTogether && K >= max(fewTerms, 12 * M);
}

/** C += A·Bᵀ, columns [begin, end): the rows of both lie along k, which are the lanes. room: for a tile's sums and for places of M rows and of a tile's. */
export function rowsTimesRows<T>(
  c: usize, ldc: i32, a: usize, lda: i32, b: usize, ldb: i32, room: usize, M: i32, begin: i32, end: i32, K: i32,
): void {
  const R = tapsTogether, placesA = placesOf(room), placesB = placesA + 4 * M;
  for (let m = 0; m < M; m++) store<i32>(placesA + 4 * m, (m * lda) << alignof<T>());
  for (let k = 0, kc = 0; k < K; k += kc) {
    kc = K - k < blockTerms + fewTerms ? K - k : blockTerms;
    prepareSums<T>(room, kc);
    for (let n = begin; n < end; n += R) {
      for (let i = 0; i < R; i++) store<i32>(placesB + 4 * i, (min(n + i, end - 1) * ldb) << alignof<T>());
      addTiles<T>(at<T>(c, n), 1, ldc, room, at<T>(b, k), placesB, min(R, end - n), 0, at<T>(a, k), placesA, M, 0, 1, kc);
    }
  }
}
