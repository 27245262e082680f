// Convolution with a 3 × 3 window, stride 1 and dilation 1 by Winograd's algorithm F(2×4, 3×3) (Lavin and Gray 2016): a
// tile of 2 × 4 outputs takes 24 products a channel instead of 72. gemm/winograd-transform.ts derives the matrices: B, G
// and A of y = Aᵀ·[(G·g) ∘ (Bᵀ·d)] along a row, B′, G′ and A′ down a column. With d the 4 × 6 pixels of x that tile t
// reads, its patch,
//
//   U[o][c] = G′·w[o][c]·Gᵀ       V[c][t] = B′ᵀ·d[c][t]·B       24 points each
//   forward            y[o][t]  = A′ᵀ·(Σ_c U[o][c] ∘ V[c][t])·A + b[o]
//
// a product of matrices [O][C]·[C][t] for every point. The weight gradient is the transpose of what is linear in w: with
// Z[o][t] = A′·dy[o][t]·Aᵀ,
//
//   weight gradient    dw[o][c] += G′ᵀ·(Σ_t Z[o][t] ∘ V[c][t])·G
//   input gradient     the correlation of dy, padded by 2 − P, with the window turned by 180° and c and o exchanged:
//                      dx[ih] = Σ_kh w[kh]·dy[ih + P − kh] = Σ_k w[2 − k]·dy[ih − (2 − P) + k]
//
// so the input gradient is a forward pass of another shape.
//
// A block of tiles at a time: its transformed patches are written straight into panels for the products. The points'
// matrices lie an odd number of cache lines apart, so that 24 streams do not meet in one set of the cache.
//
// Arguments and layouts are those of conv2d.ts. Along a row, a NaN or infinity spoils the tiles whose patches hold it.

import { multiplyPanels, roundUp } from '../gemm/gemm';
import { Conv2dShape, conv2dShape, rowProducts, tapProducts } from '../gemm/shape';
import { MR, MS, NR, paddedRows, tallRows } from '../gemm/tile';
import {
  Strip, Tile, copySize, copyStrips, placeTiles, tileAt, tileColumns, tileRows, widthOf,
} from '../gemm/winograd-tiles';
import {
  InputTransform, OutputGradientTransform, OutputTransform, PATCH_ROWS, POINTS, TILE_COLUMNS, TILE_ROWS,
  WeightGradientTransform, WeightTransform, transform, transformLanes,
} from '../gemm/winograd-transform';
import { transposeBlock } from '../lib/transpose';
import { at, lanes, loadLanes, storeLanes } from '../lib/simd';

/** Tiles per block. */
// @ts-ignore: decorator
@inline
const TILES: i32 = 64;

/** Summed and output channels per block. */
// @ts-ignore: decorator
@inline
const KC: i32 = 256;
// @ts-ignore: decorator
@inline
const MC: i32 = 192;

/** Output channels whose products are transformed back together: a multiple of MR and MS. */
// @ts-ignore: decorator
@inline
const ROWS: i32 = 24;

/**
 * Channels summed one after the other; then the sums are added. This keeps the errors within thrice those of conv2d.ts
 * (measured). Its input gradient sums over o alone before col2im adds the taps, so there is less to give away.
 */
// @ts-ignore: decorator
@inline
function summedTogether(k: i32, turned: bool): i32 {
  return turned ? min(16, max(8, k >> 1)) : 64;
}

// The workspace, behind the shape: the mirrored shape, two tables of tiles and strips, vectors between two transforms, a
// copy of patches for each lane, and the matrices of all points.

// @ts-ignore: decorator
@inline
function mirrored(shape: usize): usize {
  return shape + offsetof<Conv2dShape>();
}

// @ts-ignore: decorator
@inline
function tables(shape: usize): usize {
  return mirrored(shape) + offsetof<Conv2dShape>();
}

// @ts-ignore: decorator
@inline
function stripsOf(tiles: usize): usize {
  return tiles + <usize>TILES * offsetof<Tile>();
}

// @ts-ignore: decorator
@inline
function vectors(shape: usize): usize {
  return tables(shape) + 2 * <usize>TILES * (offsetof<Tile>() + offsetof<Strip>());
}

// @ts-ignore: decorator
@inline
function copyAt(shape: usize): usize {
  return vectors(shape) + 3 * POINTS * 16;
}

// @ts-ignore: decorator
@inline
function matrices<T>(shape: usize): usize {
  return at<T>(copyAt(shape), lanes<T>() * copySize<T>(TILES));
}

/** Bytes from one point's matrix of so many elements to the next: an odd number of cache lines. */
// @ts-ignore: decorator
@inline
function spread<T>(elements: i32): usize {
  return ((((<usize>elements << alignof<T>()) + 63) >> 6) | 1) << 6;
}

/** Bytes of the shape at `shape` and the workspace behind it. */
export function winogradWorkspace<T>(shape: usize): i32 {
  const s = changetype<Conv2dShape>(shape), most = roundUp(max(s.C, s.O) / s.G, MR * NR<T>());
  const k = min(KC, most), m = min(MC, most);
  const bytes = spread<T>(m * k) + spread<T>(k * TILES) + max(spread<T>(ROWS * TILES), spread<T>(m * TILES));
  return <i32>(matrices<T>(shape) - shape + POINTS * bytes);
}

/** Rows of tiles [begin, end) of the N·⌈OH/2⌉: out. bias may be null. */
// @ts-ignore: decorator
@parallel(0.05 * rowProducts(shape))
export function winogradForward<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32,
): void {
  correlate<T>(out, x, weight, bias, shape, changetype<Conv2dShape>(shape), false, false, begin, end);
}

/** Rows of tiles [begin, end) of the N·⌈H/2⌉: dx, or dx += with `accumulate`. */
// @ts-ignore: decorator
@parallel(0.05 * rowProducts(shape))
export function winogradBackwardInput<T>(
  dx: usize, dout: usize, weight: usize, shape: usize, accumulate: i32, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape), back = mirrored(shape);
  conv2dShape(back, s.N, s.O, s.OH, s.OW, s.C, s.H, s.W, 3, 3, 1, 1, 2 - s.PH, 2 - s.PW, 1, 1, s.G);
  correlate<T>(dx, dout, weight, 0, shape, changetype<Conv2dShape>(back), true, accumulate != 0, begin, end);
}

/**
 * Rows of tiles [begin, end) of the correlation of shape s. With `turned`, w is [C][O/G][3][3] of that shape, each
 * window turned by 180°.
 */
function correlate<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, s: Conv2dShape,
  turned: bool, accumulate: bool, begin: i32, end: i32,
): void {
  const Cg = s.C / s.G, Og = s.O / s.G, TW = tileColumns(s), last = end * TW;
  const tiles = tables(shape), strips = stripsOf(tiles), partial = vectors(shape);
  const U = matrices<T>(shape);
  for (let g = 0; g < s.G; g++) {
    for (let o0 = 0; o0 < Og; o0 += MC) {
      const m = min(MC, Og - o0), mPadded = blockRows(m);
      for (let c0 = 0; c0 < Cg; c0 += KC) {
        const k = min(KC, Cg - c0), chunk = summedTogether(Cg, turned), uPoint = spread<T>(mPadded * k);
        const lineStride = turned ? 9 : Cg * 9, kStride = turned ? Og * 9 : 9;
        const w = at<T>(weight, g * Og * Cg * 9 + o0 * lineStride + c0 * kStride);
        transformWeights<T>(U, uPoint, w, lineStride, kStride, m, k, chunk, turned, partial);
        const V = U + POINTS * uPoint;
        const channels = at<T>(x, (g * Cg + c0) * s.H * s.W);
        const b = bias && c0 == 0 ? at<T>(bias, g * Og + o0) : 0;
        for (let t = begin * TW; t < last; t += TILES) {
          const count = min(TILES, last - t), n = roundUp(count, NR<T>());
          const vPoint = spread<T>(n * k), pPoint = spread<T>(ROWS * n), products = V + POINTS * vPoint;
          const found = placeTiles(tiles, strips, s, t, count, 2, s.PH, s.PW);
          transformTiles<T>(V, vPoint, channels, s, k, chunk, count, tiles, strips, found, shape);
          for (let o = 0; o < m; o += ROWS) {
            const rows = min(ROWS, m - o);
            for (let p: usize = 0; p < POINTS; p++) {
              for (let c = 0; c < k; c += chunk) {
                const kc = min(chunk, k - c);
                const a = at<T>(U + p * uPoint, mPadded * c + o * kc), b = at<T>(V + p * vPoint, n * c);
                multiplyPanels<T>(products + p * pPoint, n, a, b, 0, paddedRows(rows), n, kc, c > 0);
              }
            }
            for (let i = 0; i < rows; i++) {
              const y = at<T>(out, (g * Og + o0 + o + i) * s.P), from = at<T>(products, i * n);
              const add: T = b ? load<T>(at<T>(b, o + i)) : 0;
              writeTiles<T>(y, s.OW, from, pPoint, count, tiles, add, accumulate || c0 > 0, partial);
            }
          }
        }
      }
    }
  }
}

/**
 * Of each group's channels, output channels [begin, end) where they are more, else input channels: dweight += over all images. A thread
 * transforms its own channels on the side that is divided, and all of those on the other.
 */
// @ts-ignore: decorator
@parallel(0.22 * channelPairs(shape), 8)
export function winogradBackwardWeight<T>(
  dweight: usize, dout: usize, x: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const Cg = s.C / s.G, Og = s.O / s.G, all = s.N * tileRows(s) * tileColumns(s);
  const tiles = tables(shape), strips = stripsOf(tiles), between = vectors(shape);
  const yTiles = stripsOf(tiles) + <usize>TILES * offsetof<Strip>(), yStrips = stripsOf(yTiles);
  const S = matrices<T>(shape), byOutputs = Og > Cg;
  const oBegin = byOutputs ? begin : 0, oEnd = byOutputs ? end : Og, cBegin = byOutputs ? 0 : begin, cEnd = byOutputs ? Cg : end;
  for (let g = 0; g < s.G; g++) {
    for (let o0 = oBegin; o0 < oEnd; o0 += MC) {
      const m = min(MC, oEnd - o0), mPadded = paddedRows(m);
      for (let c0 = cBegin; c0 < cEnd; c0 += KC) {
        const n = min(KC, cEnd - c0), nPadded = roundUp(n, NR<T>()), sPoint = spread<T>(mPadded * nPadded);
        for (let t = 0; t < all; t += TILES) {
          const k = min(TILES, all - t), zPoint = spread<T>(mPadded * k), vPoint = spread<T>(nPadded * k);
          const Z = S + POINTS * sPoint, V = Z + POINTS * zPoint;
          const xFound = placeTiles(tiles, strips, s, t, k, 2, s.PH, s.PW);
          const yFound = placeTiles(yTiles, yStrips, s, t, k, 0, 0, 0);
          const channels = at<T>(x, (g * Cg + c0) * s.H * s.W), dy = at<T>(dout, (g * Og + o0) * s.P);
          transformChannels<T, OutputGradientTransform>(
            Z, zPoint, tallRows(m), MS, dy, s.O, s.OH, s.OW, m, k, yTiles, yStrips, yFound, shape,
          );
          transformChannels<T, InputTransform>(
            V, vPoint, 0, NR<T>(), channels, s.C, s.H, s.W, n, k, tiles, strips, xFound, shape,
          );
          for (let p: usize = 0; p < POINTS; p++) {
            multiplyPanels<T>(
              S + p * sPoint, nPadded, Z + p * zPoint, V + p * vPoint, 0, mPadded, nPadded, k, t > 0,
            );
          }
        }
        for (let o = 0; o < m; o++) {
          for (let c = 0; c < n; c += lanes<T>()) {
            const from = at<T>(S, o * nPadded + c), w = between + POINTS * 16;
            transform<T, WeightGradientTransform>(w, 16, from, sPoint, between);
            addWindows<T>(at<T>(dweight, ((g * Og + o0 + o) * Cg + c0 + c) * 9), w, min(lanes<T>(), n - c));
          }
        }
      }
    }
  }
}

/** Products that one channel on the divided side of a weight gradient stands for, over 9: a tap of each pair with the other side. */
export function channelPairs(shape: usize): f64 {
  const s = changetype<Conv2dShape>(shape);
  return tapProducts(shape) * min(s.O, s.C) / s.O;
}

/** dw[l][tap] += w[tap][l]. */
function addWindows<T>(dw: usize, w: usize, count: i32): void {
  for (let l = 0; l < count; l++) {
    for (let tap = 0; tap < 9; tap++, dw += sizeof<T>()) {
      store<T>(dw, load<T>(dw) + load<T>(at<T>(w, tap * lanes<T>() + l)));
    }
  }
}

/** The rows that m rows take in panels, ROWS by ROWS. */
// @ts-ignore: decorator
@inline
function blockRows(m: i32): i32 {
  return m - (m % ROWS) + paddedRows(m % ROWS);
}

/** Panels of A, ROWS lines by ROWS: U for m lines and k channels, `chunk` of these together. */
function transformWeights<T>(
  U: usize, point: usize, w: usize, lineStride: i32, kStride: i32, m: i32, k: i32, chunk: i32, turned: bool,
  between: usize,
): void {
  const windows = between + POINTS * 16, padded = blockRows(m), L = lanes<T>();
  for (let i = 0, R = MR; i < padded; i += R) {
    R = i % ROWS < tallRows(min(ROWS, m - (i - (i % ROWS)))) ? MR : MS;
    for (let c = 0; c < k; c++) {
      const c0 = c - (c % chunk), kc = min(chunk, k - c0);
      const to = at<T>(U, padded * c0 + i * kc + (c - c0) * R);
      for (let r = 0; r < R; r += L) {
        const line = min(r, R - L);
        // Beyond the block, the last line once more: those rows are not read.
        for (let l = 0; l < L; l++) {
          const from = at<T>(w, min(i + line + l, m - 1) * lineStride + c * kStride);
          for (let tap = 0; tap < 9; tap++) {
            store<T>(at<T>(windows, tap * L + l), load<T>(at<T>(from, turned ? 8 - tap : tap)));
          }
        }
        transform<T, WeightTransform>(at<T>(to, line), point, windows, 16, between);
      }
    }
  }
}

/** Panels of B: V with channels as k, tiles as columns. */
function transformTiles<T>(
  V: usize, point: usize, channels: usize, s: Conv2dShape, k: i32, chunk: i32,
  count: i32, tiles: usize, strips: usize, found: i32, shape: usize,
): void {
  const between = vectors(shape), copy = copyAt(shape), L = lanes<T>();
  const R = NR<T>(), H = s.H, W = s.W, image = s.C * H * W, ld = widthOf<T>(strips, found);
  for (let c = 0; c < k; c++) {
    const c0 = (c / chunk) * chunk, kc = min(chunk, k - c0);
    copyStrips<T>(copy, at<T>(channels, c * H * W), image, H, W, strips, found, PATCH_ROWS);
    for (let t = 0; t < count; t += L) {
      // Beyond the block, the last tile once more: those columns are not read.
      const p0 = patchOf<T>(copy, tiles, t), p1 = patchOf<T>(copy, tiles, min(t + 1, count - 1));
      const p2 = patchOf<T>(copy, tiles, min(t + 2, count - 1)), p3 = patchOf<T>(copy, tiles, min(t + 3, count - 1));
      const to = at<T>(V, roundUp(count, R) * c0 + (t & -R) * kc + (c - c0) * R + (t & (R - 1)));
      transformLanes<T, InputTransform>(to, point, p0, p1, p2, p3, ld, between);
    }
  }
}

// @ts-ignore: decorator
@inline
function patchOf<T>(copy: usize, tiles: usize, t: i32): usize {
  return at<T>(copy, tileAt(tiles, t).patch);
}

/** Panels with tiles as k and channels as lines, MR of these to a panel up to `tall`, then `short`. */
function transformChannels<T, M>(
  to: usize, point: usize, tall: i32, short: i32, channels: usize, C: i32, H: i32, W: i32, lines: i32, k: i32,
  tiles: usize, strips: usize, found: i32, shape: usize,
): void {
  const between = vectors(shape), copy = copyAt(shape), L = lanes<T>();
  const rows = changetype<M>(0).rows();
  const image = C * H * W, ld = widthOf<T>(strips, found), area = rows * ld;
  for (let i = 0, R = MR; i < lines; i += R) {
    R = i < tall ? MR : short;
    for (let r = 0; r < R; r += L) {
      const line = min(r, R - L);
      for (let l = 0; l < L; l++) {
        const plane = at<T>(channels, min(i + line + l, lines - 1) * H * W);
        copyStrips<T>(at<T>(copy, l * area), plane, image, H, W, strips, found, rows);
      }
      for (let t = 0; t < k; t++) {
        const p0 = patchOf<T>(copy, tiles, t), p1 = at<T>(p0, area), p2 = at<T>(p1, area), p3 = at<T>(p2, area);
        transformLanes<T, M>(at<T>(to, i * k + t * R + line), point, p0, p1, p2, p3, ld, between);
      }
    }
  }
}

/** One output channel's tiles: y = Aᵀ·products·A + add, or y +=. */
function writeTiles<T>(
  y: usize, OW: i32, products: usize, point: usize, count: i32, tiles: usize, add: T, accumulate: bool, between: usize,
): void {
  const L = lanes<T>(), byPixel = between + POINTS * 16, byTile = between + 2 * POINTS * 16;
  const adds = v128.splat<T>(add);
  for (let t = 0; t < count; t += L) {
    transform<T, OutputTransform>(byPixel, 16, at<T>(products, t), point, between);
    for (let j = 0; j < TILE_ROWS * TILE_COLUMNS; j += L) {
      transposeBlock<T>(at<T>(byTile, j), TILE_ROWS * TILE_COLUMNS, at<T>(byPixel, j * L), L);
    }
    const here = min(L, count - t);
    for (let l = 0; l < here; l++) {
      const tile = tileAt(tiles, t + l), columns = tile.columns;
      let to = at<T>(y, tile.pixel), from = at<T>(byTile, l * TILE_ROWS * TILE_COLUMNS);
      for (let i = 0; i < tile.rows; i++) {
        for (let j = 0; j < columns; j += L) {
          let v = v128.add<T>(v128.load(at<T>(from, j)), adds);
          if (accumulate) v = v128.add<T>(v, loadLanes<T>(at<T>(to, j), columns - j));
          storeLanes<T>(at<T>(to, j), v, columns - j);
        }
        to = at<T>(to, OW);
        from = at<T>(from, TILE_COLUMNS);
      }
    }
  }
}
