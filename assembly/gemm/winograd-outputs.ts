// Outputs of Winograd's convolution: MS channels of two vectors of tiles at a time. Their products are summed over the input channels
// point by point and go at once through the output's transform, Aᵀ·products·A, so that between the two they stay in L1.

import { at, lanes, madd, zero } from '../lib/simd';
import { transposeVectors } from '../lib/transpose';
import { MS, NR } from './tile';
import { Block, tileAt } from './winograd-tiles';
import { OutputTransform, PATCH, POINTS, TILE, lineOf } from './winograd-transform';

/** Bytes of the products of one vector of tiles with one output channel. */
// @ts-ignore: decorator
@inline
export const vectorBytes: usize = POINTS * 16;

/** Bytes that `sums` of sumPoints take. */
// @ts-ignore: decorator
@inline
export const sumsBytes: usize = 2 * MS * vectorBytes;

/** sums[o][vector][point] = Σ_c u[c][point][o]·v[c][point][vector], or +=, for k channels. */
export function sumPoints<T>(sums: usize, u: usize, v: usize, k: i32, accumulate: bool): void {
  for (let p: usize = 0; p < POINTS; p++) {
    let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero(), b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero();
    let uc = u, vc = v;
    for (let c = 0; c < k; c++) {
      const va = v128.load(vc), vb = v128.load(vc, 16);
      let w = v128.load_splat<T>(uc);
      a0 = madd<T>(w, va, a0);
      b0 = madd<T>(w, vb, b0);
      w = v128.load_splat<T>(uc, sizeof<T>());
      a1 = madd<T>(w, va, a1);
      b1 = madd<T>(w, vb, b1);
      w = v128.load_splat<T>(uc, 2 * sizeof<T>());
      a2 = madd<T>(w, va, a2);
      b2 = madd<T>(w, vb, b2);
      w = v128.load_splat<T>(uc, 3 * sizeof<T>());
      a3 = madd<T>(w, va, a3);
      b3 = madd<T>(w, vb, b3);
      uc += POINTS * MS * sizeof<T>();
      vc += POINTS * 32;
    }
    join<T>(sums, a0, accumulate);
    join<T>(sums + vectorBytes, b0, accumulate);
    join<T>(sums + 2 * vectorBytes, a1, accumulate);
    join<T>(sums + 3 * vectorBytes, b1, accumulate);
    join<T>(sums + 4 * vectorBytes, a2, accumulate);
    join<T>(sums + 5 * vectorBytes, b2, accumulate);
    join<T>(sums + 6 * vectorBytes, a3, accumulate);
    join<T>(sums + 7 * vectorBytes, b3, accumulate);
    sums += 16;
    u += MS * sizeof<T>();
    v += 32;
  }
}

// @ts-ignore: decorator
@inline
function join<T>(to: usize, v: v128, accumulate: bool): void {
  v128.store(to, accumulate ? v128.add<T>(v, v128.load(to)) : v);
}

/**
 * One output channel's tiles [t, t + lanes), as far as the block has them: y = Aᵀ·sums·A + add, or y +=. rest: 2·POINTS vectors.
 */
export function writeTiles<T>(
  y: usize, OW: i32, sums: usize, block: Block, t: i32, add: T, accumulate: bool, rest: usize,
): void {
  const L = lanes<T>(), matrix = changetype<OutputTransform>(0), adds = v128.splat<T>(add), here = min(L, block.tiles - t);
  const byTile = rest + POINTS * 16, area = TILE * TILE;
  for (let j = 0; j < PATCH; j++) {
    lineOf<T, OutputTransform>(rest + j * 16, PATCH * 16, sums + j * 16, PATCH * 16);
  }
  // Where none sticks out they are written as they are, tile by tile otherwise. Beyond the block's tiles any numbers are read, which `here` rules out.
  const first = tileAt(block, t), second = tileAt(block, t + 1), third = tileAt(block, t + L - 2), fourth = tileAt(block, t + L - 1);
  const whole = here == L && (first.extent & second.extent & third.extent & fourth.extent) == TILE;
  const ld = whole ? OW : TILE, joins = whole && accumulate;
  let y0 = whole ? at<T>(y, first.pixel) : byTile;
  let y1 = whole ? at<T>(y, second.pixel) : at<T>(byTile, area);
  let y2 = whole && L > 2 ? at<T>(y, third.pixel) : at<T>(byTile, 2 * area);
  let y3 = whole && L > 2 ? at<T>(y, fourth.pixel) : at<T>(byTile, 3 * area);
  for (let i = 0, row = rest; i < TILE; i++, row += PATCH * 16) {
    const v0 = v128.load(row), v1 = v128.load(row, 16), v2 = v128.load(row, 32);
    const v3 = v128.load(row, 48), v4 = v128.load(row, 64), v5 = v128.load(row, 80);
    const r0 = v128.add<T>(matrix.result<T>(0, v0, v1, v2, v3, v4, v5), adds);
    const r1 = v128.add<T>(matrix.result<T>(1, v0, v1, v2, v3, v4, v5), adds);
    const r2 = v128.add<T>(matrix.result<T>(2, v0, v1, v2, v3, v4, v5), adds);
    const r3 = v128.add<T>(matrix.result<T>(3, v0, v1, v2, v3, v4, v5), adds);
    transposeVectors<T>(y0, y1, y2, y3, r0, r1, r2, r3, joins);
    if (L == 2) transposeVectors<T>(y0 + 16, y1 + 16, 0, 0, r2, r3, r0, r1, joins);
    y0 = at<T>(y0, ld);
    y1 = at<T>(y1, ld);
    y2 = at<T>(y2, ld);
    y3 = at<T>(y3, ld);
  }
  for (let l = 0; l < here && !whole; l++) {
    const tile = tileAt(block, t + l);
    writeTile<T>(at<T>(y, tile.pixel), OW, at<T>(byTile, l * area), tile.rows, tile.columns, accumulate);
  }
}

/** What of a tile lies inside the plane. */
function writeTile<T>(y: usize, OW: i32, tile: usize, rows: i32, columns: i32, accumulate: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const v = load<T>(at<T>(tile, j)), to = at<T>(y, j);
      store<T>(to, accumulate ? <T>(load<T>(to) + v) : v);
    }
    y = at<T>(y, OW);
    tile = at<T>(tile, TILE);
  }
}
