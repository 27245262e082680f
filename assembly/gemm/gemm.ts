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
import { rowsTimesMatrix, rowsTimesTransposed } from './skinny';
import { MR, MS, NR, paddedRows, shortTile, tallRows, tallTile } from './tile';

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

// @ts-ignore: decorator
@inline
export function roundUp(value: i32, multiple: i32): i32 {
  return ((value + multiple - 1) / multiple) * multiple;
}

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

/** Elements of workspace that a product of this size needs. */
export function gemmWorkspace<T>(M: i32, N: i32, K: i32): i32 {
  return <i32>((panelsOfB<T>(0, M, K) >> alignof<T>()) + roundUp(min(N, NC), NR<T>()) * min(K, KC));
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
  if (byRows(M, N, K)) {
    a = at<T>(a, begin * aRow);
    c = at<T>(c, begin * ldc);
    M = end - begin;
    begin = 0;
    end = N;
  }
  if (beta != 0.0 && beta != 1.0) scale<T>(at<T>(c, begin), <T>beta, M, end - begin, ldc);
  if (skinny) {
    if (beta == 0.0) for (let m = 0; m < M; m++) fill<T>(c, 0, m * ldc + begin, m * ldc + end);
    if (transposeB) rowsTimesTransposed<T>(c, a, b, M, K, aRow, ldb, ldc, <T>alpha, begin, end);
    else rowsTimesMatrix<T>(c, a, b, M, K, aRow, aK, ldb, ldc, <T>alpha, begin, end);
    return;
  }
  const bColumn = transposeB ? ldb : 1, bK = transposeB ? 1 : ldb;
  const aPanels = panelsOfA<T>(workspace), bPanels = panelsOfB<T>(workspace, M, K);
  for (let m0 = 0; m0 < M; m0 += MB) {
    const mb = min(MB, M - m0);
    for (let k0 = 0; k0 < K; k0 += KC) {
      const kc = min(KC, K - k0), accumulate = beta != 0.0 || k0 > 0;
      packRows<T>(aPanels, at<T>(a, m0 * aRow + k0 * aK), aRow, aK, mb, kc);
      if (alpha != 1.0) scale<T>(aPanels, <T>alpha, 1, paddedRows(mb) * kc, 0);
      for (let n0 = begin; n0 < end; n0 += NC) {
        const nc = min(NC, end - n0);
        packColumns<T>(bPanels, at<T>(b, n0 * bColumn + k0 * bK), bColumn, bK, nc, kc);
        multiplyPanels<T>(at<T>(c, m0 * ldc + n0), ldc, aPanels, bPanels, workspace, mb, nc, kc, accumulate);
      }
    }
  }
}

/** C (+)= A·B from packed panels: c: [M][N], ldc elements a row. Tiles that stick out go through `partial`. */
export function multiplyPanels<T>(
  c: usize, ldc: i32, a: usize, b: usize, partial: usize,
  M: i32, N: i32, K: i32, accumulate: bool,
): void {
  const tall = tallRows(M);
  // The last block takes the short tiles along.
  for (let i0 = 0, i1 = 0; i0 < M; i0 = i1) {
    i1 = M - i0 <= MC + 2 * MS ? M : i0 + MC;
    const tallEnd = min(i1, tall);
    for (let j = 0; j < N; j += NR<T>()) {
      const bPanel = at<T>(b, j * K), columns = N - j;
      multiplyRows<T>(MR, c, ldc, a, bPanel, partial, i0, tallEnd, j, M, columns, K, accumulate);
      multiplyRows<T>(MS, c, ldc, a, bPanel, partial, max(i0, tallEnd), i1, j, M, columns, K, accumulate);
    }
  }
}

/** Rows [i0, i1) of C's columns from j on, in tiles of `height`. */
// @ts-ignore: decorator
@inline
function multiplyRows<T>(
  height: i32, c: usize, ldc: i32, a: usize, bPanel: usize, partial: usize,
  i0: i32, i1: i32, j: i32, M: i32, columns: i32, K: i32, accumulate: bool,
): void {
  for (let i = i0; i < i1; i += height) {
    const aPanel = at<T>(a, i * K), rows = M - i, to = at<T>(c, i * ldc + j);
    if (rows >= height && columns >= NR<T>()) {
      if (height > MS) tallTile<T>(to, ldc, aPanel, bPanel, K, accumulate);
      else shortTile<T>(to, ldc, aPanel, bPanel, K, accumulate);
    } else {
      if (height > MS) tallTile<T>(partial, NR<T>(), aPanel, bPanel, K, false);
      else shortTile<T>(partial, NR<T>(), aPanel, bPanel, K, false);
      copyPartial<T>(to, ldc, partial, min(rows, height), min(columns, NR<T>()), accumulate);
    }
  }
}

/** The part of a tile that lies inside C. */
function copyPartial<T>(c: usize, ldc: i32, partial: usize, rows: i32, columns: i32, accumulate: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j += lanes<T>()) {
      const to = at<T>(c, i * ldc + j), left = columns - j;
      let v = v128.load(at<T>(partial, i * NR<T>() + j));
      if (accumulate) v = v128.add<T>(v, loadLanes<T>(to, left));
      storeLanes<T>(to, v, left);
    }
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
