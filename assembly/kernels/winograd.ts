// Convolution with a 3 × 3 window, stride 1 and dilation 1 by Winograd's algorithm F(4×4, 3×3) (Lavin and Gray 2016): a
// tile of 4 × 4 outputs takes 36 products a channel instead of 144. gemm/winograd-transform.ts derives the matrices B, G
// and A of y = Aᵀ·[(G·g) ∘ (Bᵀ·d)]. With d the 6 × 6 pixels of x that tile t reads, its patch,
//
//   U[o][c] = G·w[o][c]·Gᵀ        V[c][t] = Bᵀ·d[c][t]·B       36 points each
//   forward            y[o][t]  = Aᵀ·(Σ_c U[o][c] ∘ V[c][t])·A + b[o]
//
// a product of matrices [O][C]·[C][t] for every point. The weight gradient is the transpose of what is linear in w: with
// Z[o][t] = A·dy[o][t]·Aᵀ,
//
//   weight gradient    dw[o][c] += Gᵀ·(Σ_t Z[o][t] ∘ V[c][t])·G
//   input gradient     the correlation of dy, padded by 2 − P, with the window turned by 180° and c and o exchanged:
//                      dx[ih] = Σ_kh w[kh]·dy[ih + P − kh] = Σ_k w[2 − k]·dy[ih − (2 − P) + k]
//
// so the input gradient is a forward pass of another shape.
//
// A block of tiles at a time. Forward, the points of a patch lie side by side, and a few channels of a few tiles are summed and transformed
// back while they are in L1 (gemm/winograd-outputs.ts). For the weights' gradient the transformed tiles are written straight into panels
// for products of matrices. These lie an odd number of cache lines apart, so that 36 streams do not meet in one set of the cache.
//
// Arguments and layouts are those of conv2d.ts. A NaN or infinity spoils the tiles whose patches hold it.

import { multiplyPanels } from '../gemm/gemm';
import { Conv2dShape, conv2dShape, rowProducts, tapProducts } from '../gemm/shape';
import { MR, MS, NR, paddedRows, roundUp, tallRows } from '../gemm/tile';
import { sumPoints, sumsBytes, vectorBytes, writeTiles } from '../gemm/winograd-outputs';
import {
  Block, TILES, blockSize, clearStrips, placeTiles, stripsWidth, tileAt, tileColumns, tileRows, transformStrips,
} from '../gemm/winograd-tiles';
import {
  InputTransform, OutputGradientTransform, PATCH, POINTS, TILE, WeightGradientTransform, WeightTransform,
  rowsAlong, transform,
} from '../gemm/winograd-transform';
import { fill } from '../lib/rows';
import { at, lanes } from '../lib/simd';

/**
 * Tiles per block where so many channels are summed: their panels take some 300 KB of L2, and few channels read the image in
 * long pieces, which the processor fetches ahead (measured).
 */
// @ts-ignore: decorator
@inline
function tilesOf(channels: i32): i32 {
  return min(TILES, max(32, (2048 / channels) & -8));
}

/** Summed and output channels per block. */
// @ts-ignore: decorator
@inline
const KC: i32 = 256;
// @ts-ignore: decorator
@inline
const MC: i32 = 192;

// How many products are summed one after the other, before the sums are added: this keeps the errors within about four times those of
// conv2d.ts, where 'auto' takes this algorithm (measured; docs/measurements.md).

/** Channels. The input gradient of conv2d.ts may sum over o alone before it adds the taps, so there is less to give away. */
// @ts-ignore: decorator
@inline
function summedTogether(k: i32, turned: bool): i32 {
  return turned ? (k > 64 ? 16 : 8) : 32;
}

/** Tiles of a weight gradient, and tiles whose sums are transformed back together: transformed they are smaller. */
// @ts-ignore: decorator
@inline
const CHUNK: i32 = 16;
// @ts-ignore: decorator
@inline
const SPAN: i32 = 256;

// The workspace, behind the shape: the mirrored shape, two blocks, vectors between two transforms, sums of products, transformed strips for
// each lane, a row of zeros, and the matrices of all points.

// @ts-ignore: decorator
@inline
function mirrored(shape: usize): usize {
  return shape + offsetof<Conv2dShape>();
}

// @ts-ignore: decorator
@inline
function blockAt(shape: usize): Block {
  return changetype<Block>(mirrored(shape) + offsetof<Conv2dShape>());
}

/** A second one: of the output's gradient. */
// @ts-ignore: decorator
@inline
function outputBlockAt(shape: usize): Block {
  return changetype<Block>(changetype<usize>(blockAt(shape)) + blockSize());
}

// @ts-ignore: decorator
@inline
function vectors(shape: usize): usize {
  return changetype<usize>(outputBlockAt(shape)) + blockSize();
}

// @ts-ignore: decorator
@inline
function sumsAt(shape: usize): usize {
  return vectors(shape) + 2 * POINTS * 16;
}

// @ts-ignore: decorator
@inline
function stripsAt(shape: usize): usize {
  return sumsAt(shape) + sumsBytes;
}

// @ts-ignore: decorator
@inline
function nothing<T>(shape: usize): usize {
  return at<T>(stripsAt(shape), lanes<T>() * PATCH * stripsWidth<T>());
}

// @ts-ignore: decorator
@inline
function matrices<T>(shape: usize): usize {
  return at<T>(nothing<T>(shape), stripsWidth<T>());
}

/** Bytes from one point's matrix of so many elements to the next: an odd number of cache lines. */
// @ts-ignore: decorator
@inline
function spread<T>(elements: i32): usize {
  return ((((<usize>elements << alignof<T>()) + 63) >> 6) | 1) << 6;
}

/** Bytes of the shape at `shape` and the workspace behind it. */
export function winogradWorkspace<T>(shape: usize): i32 {
  const s = changetype<Conv2dShape>(shape), channels = max(s.C, s.O) / s.G, most = roundUp(channels, MR * NR<T>());
  const k = min(KC, most), m = min(MC, most);
  // Fewer channels, those of a last block, take no more than 2048 elements or 32 each.
  const panels = max(2048, k * tilesOf(channels));
  const bytes = spread<T>(m * k) + 2 * spread<T>(panels);
  return <i32>(matrices<T>(shape) - shape + POINTS * bytes);
}

/** Rows of tiles [begin, end) of the N·⌈OH/4⌉: out. bias may be null. */
// @ts-ignore: decorator
@parallel(0.05 * rowProducts(shape))
export function winogradForward<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32,
): void {
  correlate<T>(out, x, weight, bias, shape, changetype<Conv2dShape>(shape), false, false, begin, end);
}

/** Rows of tiles [begin, end) of the N·⌈H/4⌉: dx, or dx += with `accumulate`. */
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
  const Cg = s.C / s.G, Og = s.O / s.G, TW = tileColumns(s), last = end * TW, chunk = summedTogether(Cg, turned);
  const tiles = blockAt(shape), between = vectors(shape), sums = sumsAt(shape), U = matrices<T>(shape), points = <i32>POINTS;
  fill<T>(nothing<T>(shape), 0, 0, stripsWidth<T>());
  for (let g = 0; g < s.G; g++) {
    for (let o0 = 0; o0 < Og; o0 += MC) {
      const m = min(MC, Og - o0);
      for (let c0 = 0; c0 < Cg; c0 += KC) {
        const k = min(KC, Cg - c0), V = at<T>(U, roundUp(m, MS) * k * points);
        const lineStride = turned ? 9 : Cg * 9, kStride = turned ? Og * 9 : 9;
        const w = at<T>(weight, g * Og * Cg * 9 + o0 * lineStride + c0 * kStride);
        transformWeights<T>(U, w, lineStride, kStride, m, k, turned, between);
        const channels = at<T>(x, (g * Cg + c0) * s.H * s.W), joins = accumulate || c0 > 0;
        for (let t = begin * TW, block = tilesOf(k); t < last; t += block) {
          const count = min(block, last - t);
          placeTiles<T>(tiles, s, t, count, false);
          transformTiles<T>(V, channels, k, tiles, shape);
          for (let o = 0; o < m; o += MS) {
            for (let i = 0; i < count; i += NR<T>()) {
              for (let c = 0; c < k; c += chunk) {
                const u = at<T>(U, (o * k + c * MS) * points), v = at<T>(V, (i * k + c * NR<T>()) * points);
                sumPoints<T>(sums, u, v, min(chunk, k - c), c > 0);
              }
              let from = sums;
              for (let r = 0, rows = min(MS, m - o); r < rows; r++) {
                const channel = g * Og + o0 + o + r, y = at<T>(out, channel * s.P);
                const add: T = bias && c0 == 0 ? load<T>(at<T>(bias, channel)) : 0;
                for (let vector = i; vector < i + NR<T>(); vector += lanes<T>(), from += vectorBytes) {
                  if (vector < count) writeTiles<T>(y, s.OW, from, tiles, vector, add, joins, between);
                }
              }
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
@parallel(0.13 * channelPairs(shape), 8)
export function winogradBackwardWeight<T>(
  dweight: usize, dout: usize, x: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const Cg = s.C / s.G, Og = s.O / s.G, all = s.N * tileRows(s) * tileColumns(s);
  const tiles = blockAt(shape), yTiles = outputBlockAt(shape), between = vectors(shape);
  fill<T>(nothing<T>(shape), 0, 0, stripsWidth<T>());
  const S = matrices<T>(shape), byOutputs = Og > Cg;
  const oBegin = byOutputs ? begin : 0, oEnd = byOutputs ? end : Og, cBegin = byOutputs ? 0 : begin, cEnd = byOutputs ? Cg : end;
  for (let g = 0; g < s.G; g++) {
    for (let o0 = oBegin; o0 < oEnd; o0 += MC) {
      const m = min(MC, oEnd - o0), mPadded = paddedRows(m);
      for (let c0 = cBegin; c0 < cEnd; c0 += KC) {
        const n = min(KC, cEnd - c0), nPadded = roundUp(n, NR<T>()), sPoint = spread<T>(mPadded * nPadded);
        for (let first = 0; first < all; first += SPAN) {
          const last = min(all, first + SPAN);
          for (let t = first, block = tilesOf(max(Cg, Og)); t < last; t += block) {
            const k = min(block, last - t), zPoint = spread<T>(mPadded * k), vPoint = spread<T>(nPadded * k);
            const Z = S + POINTS * sPoint, V = Z + POINTS * zPoint;
            placeTiles<T>(tiles, s, t, k, false);
            placeTiles<T>(yTiles, s, t, k, true);
            const channels = at<T>(x, (g * Cg + c0) * s.H * s.W), dy = at<T>(dout, (g * Og + o0) * s.P);
            transformChannels<T>(Z, zPoint, tallRows(m), mPadded, MS, dy, m, yTiles, shape);
            transformChannels<T>(V, vPoint, 0, nPadded, NR<T>(), channels, n, tiles, shape);
            for (let p: usize = 0; p < POINTS; p++) {
              for (let t0 = 0; t0 < k; t0 += CHUNK) {
                const a = at<T>(Z + p * zPoint, mPadded * t0), b = at<T>(V + p * vPoint, nPadded * t0);
                multiplyPanels<T>(S + p * sPoint, nPadded, a, b, 0, mPadded, nPadded, min(CHUNK, k - t0), t + t0 > first);
              }
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

/** U for m lines and k channels: [⌈m/MS⌉][k][POINTS][MS]. */
function transformWeights<T>(
  U: usize, w: usize, lineStride: i32, kStride: i32, m: i32, k: i32, turned: bool, between: usize,
): void {
  const windows = between + POINTS * 16, L = lanes<T>();
  for (let i = 0; i < m; i += MS) {
    for (let c = 0; c < k; c++) {
      for (let r = 0; r < MS; r += L) {
        // Beyond the block, the last line once more: those sums are not read.
        for (let l = 0; l < L; l++) {
          const from = at<T>(w, min(i + r + l, m - 1) * lineStride + c * kStride);
          for (let tap = 0; tap < 9; tap++) {
            store<T>(at<T>(windows, tap * L + l), load<T>(at<T>(from, turned ? 8 - tap : tap)));
          }
        }
        const to = at<T>(U, (i * k + c * MS) * <i32>POINTS + r);
        transform<T, WeightTransform>(to, MS * sizeof<T>(), windows, 16, between);
      }
    }
  }
}

/** V for k channels: [⌈tiles/NR⌉][k][POINTS][NR]. */
function transformTiles<T>(V: usize, channels: usize, k: i32, block: Block, shape: usize): void {
  const strips = stripsAt(shape), plane = block.H * block.W, R = NR<T>(), count = block.tiles;
  clearStrips<T>(strips, block);
  for (let c = 0; c < k; c++) {
    transformStrips<T>(strips, at<T>(channels, c * plane), block, nothing<T>(shape), vectors(shape));
    for (let t = 0; t < count; t += lanes<T>()) {
      // Beyond the block, the last tile once more: those columns are not read.
      const p0 = patchOf<T>(strips, block, t), p1 = patchOf<T>(strips, block, min(t + 1, count - 1));
      const p2 = patchOf<T>(strips, block, min(t + 2, count - 1)), p3 = patchOf<T>(strips, block, min(t + 3, count - 1));
      const to = at<T>(V, ((t & -R) * k + c * R) * <i32>POINTS + (t & (R - 1)));
      rowsAlong<T, InputTransform>(to, 32, p0, p1, p2, p3, stripsWidth<T>());
    }
  }
}

// @ts-ignore: decorator
@inline
function patchOf<T>(strips: usize, block: Block, t: i32): usize {
  return at<T>(strips, tileAt(block, t).patch);
}

/** Panels with tiles as k, CHUNK of these together, and channels as lines: MR to a panel up to `tall`, then `short`, `padded` in all. */
function transformChannels<T>(
  to: usize, point: usize, tall: i32, padded: i32, short: i32, channels: usize, lines: i32, block: Block, shape: usize,
): void {
  const strips = stripsAt(shape), plane = block.H * block.W, k = block.tiles, L = lanes<T>(), ld = stripsWidth<T>(), area = PATCH * ld;
  for (let l = 0; l < L; l++) clearStrips<T>(at<T>(strips, l * area), block);
  for (let i = 0, R = MR; i < lines; i += R) {
    R = i < tall ? MR : short;
    for (let r = 0; r < R; r += L) {
      const line = min(r, R - L);
      for (let l = 0; l < L; l++) {
        const channel = at<T>(channels, min(i + line + l, lines - 1) * plane);
        transformStrips<T>(at<T>(strips, l * area), channel, block, nothing<T>(shape), vectors(shape));
      }
      for (let t = 0; t < k; t++) {
        const t0 = t & -CHUNK, out = at<T>(to, padded * t0 + i * min(CHUNK, k - t0) + (t - t0) * R + line);
        const p0 = patchOf<T>(strips, block, t), p1 = at<T>(p0, area), p2 = at<T>(p1, area), p3 = at<T>(p2, area);
        if (block.ofOutput) rowsAlong<T, OutputGradientTransform>(out, point, p0, p1, p2, p3, ld);
        else rowsAlong<T, InputTransform>(out, point, p0, p1, p2, p3, ld);
      }
    }
  }
}
