// C = α·A·op(B) + C for few rows of A: fewer than a tile holds. Then packing B, which reads and writes all of it once
// more, costs more than the product; here every element of B is read once, in order, and only that limits the speed.
//
//   B [K][N]    c[n] += Σ_j α·a[k+j]·b[k+j][n],  four rows of B at a time: C is read and written once for the four
//   B [N][K]    c[n] += α·Σ_k a[k]·b[n][k],      four dot products at a time
//
// Each c[n] adds its terms in an order that does not depend on which columns are asked for.

import { at, lanes, loadLanes, madd, storeLanes, sumLanes, zero } from '../lib/simd';

/** Columns [begin, end) of C += α·A·B. A: element (m, k) at m·aRow + k·aK; B: [K][N], ldb elements a row. */
export function rowsTimesMatrix<T>(
  c: usize, a: usize, b: usize, M: i32, K: i32,
  aRow: i32, aK: i32, ldb: i32, ldc: i32, alpha: T, begin: i32, end: i32,
): void {
  for (let k = 0; k < K; k += 4) {
    const rows = min(4, K - k), bRow = at<T>(b, k * ldb);
    for (let m = 0; m < M; m++) {
      const from = at<T>(a, m * aRow + k * aK), to = at<T>(c, m * ldc);
      if (rows == 4) {
        addFour<T>(to, bRow, ldb, factor<T>(from, 0, alpha), factor<T>(from, aK, alpha),
          factor<T>(from, 2 * aK, alpha), factor<T>(from, 3 * aK, alpha), begin, end);
      } else {
        for (let j = 0; j < rows; j++) addOne<T>(to, at<T>(bRow, j * ldb), factor<T>(from, j * aK, alpha), begin, end);
      }
    }
  }
}

/** Columns [begin, end) of C += α·A·Bᵀ. A: [M][K], aRow elements a row; B: [N][K], ldb elements a row. */
export function rowsTimesTransposed<T>(
  c: usize, a: usize, b: usize, M: i32, K: i32,
  aRow: i32, ldb: i32, ldc: i32, alpha: T, begin: i32, end: i32,
): void {
  let n = begin;
  for (; n <= end - 4; n += 4) {
    for (let m = 0; m < M; m++) dotFour<T>(at<T>(c, m * ldc + n), at<T>(a, m * aRow), at<T>(b, n * ldb), ldb, K, alpha);
  }
  for (; n < end; n++) {
    for (let m = 0; m < M; m++) dotOne<T>(at<T>(c, m * ldc + n), at<T>(a, m * aRow), at<T>(b, n * ldb), K, alpha);
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
  for (let n = begin; n < end; n += lanes<T>()) {
    const left = end - n, to = at<T>(c, n);
    storeLanes<T>(to, madd<T>(a, loadLanes<T>(at<T>(b, n), left), loadLanes<T>(to, left)), left);
  }
}

/** c[j] += α·Σ_k a[k]·b[j][k], j < 4; two sums for each, so that a multiply-add need not wait for the one before. */
function dotFour<T>(c: usize, a: usize, b: usize, ldb: i32, K: i32, alpha: T): void {
  const b1 = at<T>(b, ldb), b2 = at<T>(b, 2 * ldb), b3 = at<T>(b, 3 * ldb), L = lanes<T>();
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero(), t0 = zero(), t1 = zero(), t2 = zero(), t3 = zero();
  let k = 0;
  for (; k <= K - 2 * L; k += 2 * L) {
    let ak = v128.load(at<T>(a, k));
    s0 = madd<T>(ak, v128.load(at<T>(b, k)), s0);
    s1 = madd<T>(ak, v128.load(at<T>(b1, k)), s1);
    s2 = madd<T>(ak, v128.load(at<T>(b2, k)), s2);
    s3 = madd<T>(ak, v128.load(at<T>(b3, k)), s3);
    ak = v128.load(at<T>(a, k + L));
    t0 = madd<T>(ak, v128.load(at<T>(b, k + L)), t0);
    t1 = madd<T>(ak, v128.load(at<T>(b1, k + L)), t1);
    t2 = madd<T>(ak, v128.load(at<T>(b2, k + L)), t2);
    t3 = madd<T>(ak, v128.load(at<T>(b3, k + L)), t3);
  }
  for (; k < K; k += L) {
    const left = K - k, ak = loadLanes<T>(at<T>(a, k), left);
    s0 = madd<T>(ak, loadLanes<T>(at<T>(b, k), left), s0);
    s1 = madd<T>(ak, loadLanes<T>(at<T>(b1, k), left), s1);
    s2 = madd<T>(ak, loadLanes<T>(at<T>(b2, k), left), s2);
    s3 = madd<T>(ak, loadLanes<T>(at<T>(b3, k), left), s3);
  }
  addDot<T>(c, s0, t0, alpha);
  addDot<T>(at<T>(c, 1), s1, t1, alpha);
  addDot<T>(at<T>(c, 2), s2, t2, alpha);
  addDot<T>(at<T>(c, 3), s3, t3, alpha);
}

/** One of them, in the same order of additions. */
function dotOne<T>(c: usize, a: usize, b: usize, K: i32, alpha: T): void {
  const L = lanes<T>();
  let s = zero(), t = zero();
  let k = 0;
  for (; k <= K - 2 * L; k += 2 * L) {
    s = madd<T>(v128.load(at<T>(a, k)), v128.load(at<T>(b, k)), s);
    t = madd<T>(v128.load(at<T>(a, k + L)), v128.load(at<T>(b, k + L)), t);
  }
  for (; k < K; k += L) s = madd<T>(loadLanes<T>(at<T>(a, k), K - k), loadLanes<T>(at<T>(b, k), K - k), s);
  addDot<T>(c, s, t, alpha);
}

// @ts-ignore: decorator
@inline
function addDot<T>(c: usize, s: v128, t: v128, alpha: T): void {
  store<T>(c, <T>(load<T>(c) + alpha * sumLanes<T>(v128.add<T>(s, t))));
}
