// C[M][N] = α·op(A)·op(B) + β·C, blocked as by Goto and van de Geijn (2008, "Anatomy of high-performance matrix
// multiplication").
//
//   for each block of KC of k:        A's rows are packed, MR to a panel
//     for each block of NC columns:   B's columns are packed, NR to a panel
//       for each MC rows of A:        MC × KC                                        fits L2
//         for each panel of B:        KC × NR                                        fits L1
//           for each panel of A:      one tile: MR × NR of C in registers
//
// A is packed MB rows at a time at most, so that the workspace stays bounded. Convolution runs the same loops with
// its own packing (kernels/conv2d.ts), so the block sizes and the panel product are exported.

import { at, lanes, loadLanes, storeLanes } from '../lib/simd';
import { fill } from '../lib/rows';
import { packColumns, packRows } from './pack';
import { rowsTimesMatrix, rowsTimesRows, rowsTimesTransposed, suitsDots } from './skinny';
import { MR, MS, NR, paddedRows, roundUp, shortTile, slimTile, storeRow, tallRows, tallTile } from './tile';

/** k per block: a panel of B (KC × NR) takes 8 KB of L1. */
// @ts-ignore: decorator
@inline
export const KC: i32 = 256;

/** Rows per block: MC × KC f32 take 96 KB of L2, and each panel of B serves MC/MR tiles from L1. */
// @ts-ignore: decorator
@inline
const MC: i32 = 96;

/** Columns per block: KC × NC f32 take 512 KB. */
// @ts-ignore: decorator
@inline
export const NC: i32 = 512;

/** Rows packed at a time: a multiple of MR in every build. */
// @ts-ignore: decorator
@inline
export const MB: i32 = 768;

/** Rows of A up to which a product goes without packing (measured). */
// @ts-ignore: decorator
@inline
const skinnyRows: i32 = 5;

/** Where the parts of a workspace begin: one partial tile, the panels of A, the panels of B. */
// @ts-ignore: decorator
@inline
export function panelsOfA<T>(workspace: usize): usize {
  return at<T>(workspace, MR * NR<T>());
}

// @ts-ignore: decorator
@inline
export function panelsOfB<T>(workspace: usize, M: i32, K: i32): usize {
  return at<T>(panelsOfA<T>(workspace), paddedRows(min(M, MB)) * min(K, KC));
}

/** Elements of workspace that a product of this size needs: one panel of B more than M and N say, for when it is swapped. */
export function gemmWorkspace<T>(M: i32, N: i32, K: i32): i32 {
  return <i32>((panelsOfB<T>(0, M, K) >> alignof<T>()) + roundUp(min(N, NC) + NR<T>(), NR<T>()) * min(K, KC));
}

/**
 * Whether Cᵀ = op(B)ᵀ·op(A)ᵀ is computed instead: few columns fill tiles better as rows. 10 of them take 10 rows of tiles, but 16
 * columns (measured).
 */
// @ts-ignore: decorator
@inline
function isSwapped(M: i32, N: i32, K: i32): bool {
  return N <= 12 && ((N - 1) & 7) < 4 && M >= 16 && K >= 32;
}

/**
 * Whether threads divide C's rows, else its columns: the longer side, since each thread packs all of the operand along the other;
 * where K is short, the rows, which lie in one piece: the threads then find them in their caches (measured).
 */
// @ts-ignore: decorator
@inline
export function byRows(M: i32, N: i32, K: i32): bool {
  return M > N || (K <= shortK && M >= 4 * MR);
}

/** K up to which a product mostly reads and writes C. */
// @ts-ignore: decorator
@inline
const shortK: i32 = 64;

/** Nanoseconds that a line takes: its products, and packing. */
export function lineWork(M: i32, N: i32, K: i32): f64 {
  const length = byRows(M, N, K) ? N : M;
  return 0.05 * K * length + 0.1 * (K + length);
}

/** How many lines of C a product is divided into: its rows or its columns. */
export function gemmLines(M: i32, N: i32, K: i32): i32 {
  return byRows(M, N, K) ? M : N;
}

/**
 * Lines [begin, end) of C, its rows or its columns. A: [M][K] or, transposed, [K][M]; B: [K][N] or
 * [N][K]; C: [M][N], ldc elements a row. β = 0 overwrites C without reading it.
 */
// @ts-ignore: decorator
@parallel(lineWork(M, N, K), byRows(M, N, K) ? 12 : 16)
export function gemm<T>(
  c: usize, a: usize, b: usize, workspace: usize,
  M: i32, N: i32, K: i32, lda: i32, ldb: i32, ldc: i32,
  transposeA: i32, transposeB: i32, alpha: f64, beta: f64, begin: i32, end: i32,
): void {
  const aRow = transposeA ? 1 : lda, aK = transposeA ? lda : 1;
  // An outer product, K = 1, has nothing to gain from packing either; by Bᵀ it packs, since dot products of one term gain less.
  const skinny = transposeB ? M <= skinnyRows && aK == 1 : M <= skinnyRows || K == 1;
  const dots = transposeB && aK == 1 && alpha == 1 && suitsDots<T>(M, N, K), swapped = isSwapped(M, N, K);
  if (byRows(M, N, K)) {
    a = at<T>(a, begin * aRow);
    c = at<T>(c, begin * ldc);
    M = end - begin;
    begin = 0;
    end = N;
  }
  if (beta != 0.0 && beta != 1.0) scale<T>(at<T>(c, begin), <T>beta, M, end - begin, ldc);
  if (dots || skinny) {
    if (beta == 0.0) for (let m = 0; m < M; m++) fill<T>(c, 0, m * ldc + begin, m * ldc + end);
    if (dots) rowsTimesRows<T>(c, ldc, a, aRow, b, ldb, workspace, M, begin, end, K);
    else if (transposeB) rowsTimesTransposed<T>(c, a, b, M, K, aRow, ldb, ldc, <T>alpha, begin, end);
    else rowsTimesMatrix<T>(c, a, b, M, K, aRow, aK, ldb, ldc, <T>alpha, begin, end);
    return;
  }
  const bColumn = transposeB ? ldb : 1, bK = transposeB ? 1 : ldb, columns = end - begin, accumulate = beta != 0.0;
  b = at<T>(b, begin * bColumn);
  c = at<T>(c, begin);
  if (swapped) packed<T>(c, 1, ldc, b, bColumn, bK, a, aRow, aK, workspace, columns, M, K, <T>alpha, accumulate);
  else packed<T>(c, ldc, 1, a, aRow, aK, b, bColumn, bK, workspace, M, columns, K, <T>alpha, accumulate);
}

/** C (+)= α·A·B, packing both. Element (m, n) of C lies at m·cRow + n·cColumn, of which one is 1, and so with A and B. */
function packed<T>(
  c: usize, cRow: i32, cColumn: i32, a: usize, aRow: i32, aK: i32, b: usize, bColumn: i32, bK: i32, workspace: usize,
  M: i32, N: i32, K: i32, alpha: T, accumulate: bool,
): void {
  const aPanels = panelsOfA<T>(workspace), bPanels = panelsOfB<T>(workspace, M, K);
  for (let m = 0; m < M; m += MB) {
    const mb = min(MB, M - m);
    for (let k = 0; k < K; k += KC) {
      const kc = min(KC, K - k), add = accumulate || k > 0;
      packRows<T>(aPanels, at<T>(a, m * aRow + k * aK), aRow, aK, mb, kc);
      if (alpha != 1) scale<T>(aPanels, alpha, 1, paddedRows(mb) * kc, 0);
      for (let n = 0; n < N; n += NC) {
        const nc = min(NC, N - n);
        packColumns<T>(bPanels, at<T>(b, n * bColumn + k * bK), bColumn, bK, nc, kc);
        multiplyPanels<T>(at<T>(c, m * cRow + n * cColumn), cRow, aPanels, bPanels, workspace, mb, nc, kc, add, cColumn);
      }
    }
  }
}

/**
 * C (+)= A·B from packed panels: c: [M][N], ldc elements a row and cColumn a column. Tiles that stick out, or whose columns do not lie
 * side by side, go through `partial`.
 */
export function multiplyPanels<T>(
  c: usize, ldc: i32, a: usize, b: usize, partial: usize,
  M: i32, N: i32, K: i32, accumulate: bool, cColumn: i32 = 1,
): void {
  const tall = tallRows(M);
  // The last block takes the short tiles along.
  for (let i0 = 0, i1 = 0; i0 < M; i0 = i1) {
    i1 = M - i0 <= MC + 2 * MS ? M : i0 + MC;
    for (let j = 0; j < N; j += NR<T>()) {
      const bPanel = at<T>(b, j * K), columns = N - j;
      for (let i = i0, height = MR; i < i1; i += height) {
        if (i >= tall) height = MS;
        const aPanel = at<T>(a, i * K), to = at<T>(c, i * ldc + j * cColumn), rows = M - i;
        if (rows >= height && columns >= NR<T>() && cColumn == 1) {
          if (height > MS) tallTile<T>(to, ldc, aPanel, bPanel, K, accumulate);
          else shortTile<T>(to, ldc, aPanel, bPanel, K, accumulate);
        } else {
          if (sizeof<T>() == 4 && columns <= lanes<T>() && height == MR) slimTile<T>(partial, NR<T>(), aPanel, bPanel, K, false);
          else if (height > MS) tallTile<T>(partial, NR<T>(), aPanel, bPanel, K, false);
          else shortTile<T>(partial, NR<T>(), aPanel, bPanel, K, false);
          copyPartial<T>(to, ldc, cColumn, partial, min(rows, height), min(columns, NR<T>()), accumulate);
        }
      }
    }
  }
}

/** The part of a tile that lies inside C. A row's last vector steps back into the one before, to end with the row. */
function copyPartial<T>(c: usize, ldc: i32, cColumn: i32, partial: usize, rows: i32, columns: i32, accumulate: bool): void {
  const last = columns - lanes<T>();
  for (let i = 0; i < rows; i++) {
    if (last >= 0 && cColumn == 1) {
      storeRow<T>(c, at<T>(c, last), v128.load(partial), v128.load(at<T>(partial, last)), accumulate, false);
    } else {
      for (let j = 0; j < columns; j++) {
        const to = at<T>(c, j * cColumn), sum = load<T>(at<T>(partial, j));
        store<T>(to, accumulate ? <T>(load<T>(to) + sum) : sum);
      }
    }
    c = at<T>(c, ldc);
    partial = at<T>(partial, NR<T>());
  }
}

/** C *= β. */
function scale<T>(c: usize, beta: T, M: i32, N: i32, ldc: i32): void {
  const betas = v128.splat<T>(beta);
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j += lanes<T>()) {
      const to = at<T>(c, i * ldc + j);
      storeLanes<T>(to, v128.mul<T>(betas, loadLanes<T>(to, N - j)), N - j);
    }
  }
}
