// Two-dimensional convolution (cross-correlation, as in PyTorch's Conv2d) as three matrix products.
//
// Per image n and group g, with W as [O/G][T], T = (C/G)·KH·KW taps, Y as [O/G][P], P = OH·OW pixels, and
// col(X): [T][P] as gemm/im2col.ts defines it:
//
//   forward            Y  = W·col(X) + b
//   weight gradient    dW += Σ_n dY·col(X)ᵀ
//   input gradient     dX = col2im(Wᵀ·dY)
//   bias gradient      db += Σ_n Σ_p dY             (bias.ts)
//
// since y[o][p] = Σ_t w[o][t]·col[t][p] makes ∂L/∂w[o][t] = Σ_p dy[o][p]·col[t][p] and ∂L/∂col[t][p] =
// Σ_o w[o][t]·dy[o][p], and col2im is the adjoint of im2col. Written out for stride 1, the input gradient is a convolution, too:
//
//   dx[c][ih][iw] = Σ_o,kh,kw w[o][c][kh][kw]·dy[o][ih + PH − kh·DH][iw + PW − kw·DW]
//
// of dY between zeros, with input and output channels changed round and the window turned by 180°: the mirrored shape.
// No column matrix is stored. f32 reads the padded planes x̂ (or those of dY) where they lie (gemm/direct.ts, narrow.ts, dots.ts), unless
// sizes make packing faster; of small images it takes eight at a time (batch.ts). Packed, panels of col(X) are filled from x̂, and Wᵀ·dY
// leaves a block at a time through col2im.
//
// Layouts: x [N][C][H][W], y [N][O][OH][OW], W [O][C/G][KH][KW], b [O].

import { clearLacking, isBatched, moreRows, mostElements, multiplyBatch, packBatch, together } from '../gemm/batch';
import { biasAt, isDirect, multiplyDirect, packStarts, packWindows } from '../gemm/direct';
import { tapsTogether } from '../gemm/dot-tile';
import { addDots, sumsDirectly } from '../gemm/dots';
import { KC, MB, NC, multiplyPanels, panelsOfA, panelsOfB } from '../gemm/gemm';
import {
  addPlanes, behindTables, clearPlanes, isPadded, packPixels, packTaps, paddedWidth, padPlanes, pixelOffsets, pixelTable, planeElements,
  scatterPixels, placeOfTap, tapOffsets, tapTable,
} from '../gemm/im2col';
import { isNarrow, multiplyNarrow, packNarrow } from '../gemm/narrow';
import { packColumns, packRows } from '../gemm/pack';
import { Conv2dShape, conv2dShape, planeProducts, rowProducts, tapProducts } from '../gemm/shape';
import { NR, entry, paddedRows, roundUp } from '../gemm/tile';
import { fill } from '../lib/rows';
import { at } from '../lib/simd';
import { transpose } from '../lib/transpose';

// Every product takes `shape`: a Conv2dShape with conv2dWorkspace bytes in all. Behind it are the tables of im2col, one
// partial tile, panels of A, panels of B, one block of Wᵀ·dY, and planes of x̂ or dx̂: those that a block of taps reads. Without packing,
// the mirrored shape stands in the table of pixels, biases or narrow.ts' sums in the panels of B, those of dots.ts in the block, and
// the planes may be dout's. Images side by side stand at the end of the panels of A, sums or dout's at those of B.

/** Bytes of the shape at `shape` and the workspace behind it: in f64, since a user's sizes may be beyond memory. */
export function conv2dWorkspace<T>(shape: usize): f64 {
  const s = changetype<Conv2dShape>(shape), planes = min(s.C / s.G, (MB - 1) / (s.KH * s.KW) + 2) * planeElements(s);
  const mirrored = isMirrored<T>(s) ? mirroredElements(s) : 0.0;
  return <f64>(paddedPlanes<T>(shape) - shape) + sizeof<T>() * max(planes, mirrored);
}

/** Rows of the N·OH that are done together. */
export function rowsTogether<T>(shape: usize): i32 {
  const s = changetype<Conv2dShape>(shape);
  return isBatched<T>(s) ? together * s.OH : 1;
}

/** Planes of the N·C of dx that are. */
// @ts-ignore: decorator
@inline
export function planesTogether<T>(shape: usize): i32 {
  const s = changetype<Conv2dShape>(shape);
  return (s.SH | s.SW) == 1 && isBatched<T>(mirror(shape)) ? together * s.C : 1;
}

/** Elements of the planes of dout between zeros, where the mirrored convolution has any. */
function mirroredElements(s: Conv2dShape): f64 {
  const height = s.H + (s.KH - 1) * s.DH, width = s.W + (s.KW - 1) * s.DW;
  return height == s.OH && width == s.OW ? 0 : <f64>(s.O / s.G) * height * width;
}

/**
 * Whether dx is made of dout by the convolution of the mirrored shape, without packing: unless more than a ninth of its products are by
 * padding or by rows of a tile that no channel fills (measured).
 * An infinite weight times such padding is NaN, as it is forward, where col2im has no product.
 */
function isMirrored<T>(s: Conv2dShape): bool {
  const Cg = s.C / s.G, Og = s.O / s.G;
  if ((s.SH | s.SW) != 1 || (s.KH - 1) * s.DH < s.PH || (s.KW - 1) * s.DW < s.PW) return false;
  if (!isDirect<T>(Og, Cg, s.KH, s.KW, s.H, s.W, 5)) return false;
  const narrow = isNarrow(Og, Cg, s.KH, s.KW, 1, s.DH), useful = 9.0 * s.P, pixels = 8.0 * s.H * s.W;
  return pixels <= useful && (narrow || paddedRows(Cg) * pixels <= Cg * useful);
}

// @ts-ignore: decorator
@inline
function besidePanels<T>(shape: usize): usize {
  return at<T>(panelsOfB<T>(behindTables(shape), MB, KC), NC * KC);
}

// @ts-ignore: decorator
@inline
function paddedPlanes<T>(shape: usize): usize {
  return at<T>(besidePanels<T>(shape), MB * roundUp(min(changetype<Conv2dShape>(shape).P, NC), NR<T>()));
}

/** Output rows [begin, end) of the N·OH: out = W·col(X) + b. bias may be null. */
// @ts-ignore: decorator
@parallel(0.05 * rowProducts(shape), rowsTogether<T>(shape))
export function conv2dForward<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const direct = isBatched<T>(s) || isDirect<T>(s.C / s.G, s.O / s.G, s.KH, s.KW, s.OH, s.OW, 3);
  if (direct) forwardDirect<T>(out, x, weight, bias, shape, begin, end);
  else forwardPacked<T>(out, x, weight, bias, shape, begin, end);
}

function forwardDirect<T>(out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32): void {
  const s = changetype<Conv2dShape>(shape), Og = s.O / s.G;
  prepareDirect<T>(shape, s, false);
  for (let g = 0; g < s.G; g++) {
    const b = bias ? at<T>(bias, g * Og) : 0;
    productsDirect<T>(out, x, weight, b, shape, s, g, 0, Og, false, false, begin, end);
  }
}

/** What productsDirect needs of shape s, whatever the group: places of the taps, and room between zeros. */
function prepareDirect<T>(shape: usize, s: Conv2dShape, turned: bool): void {
  if (isBatched<T>(s)) return;
  tapOffsets<T>(tapTable(shape), s, 0, 0, s.T, s.T, turned);
  clearPlanes<T>(paddedPlanes<T>(shape), s, s.C / s.G);
}

/**
 * Output rows [begin, end) of the N·OH of shape s: channels [o0, o0 + M) of group g. With `turned`, the weights are [C/G][O/G][KH][KW] of s,
 * each window turned by 180°.
 */
function productsDirect<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, s: Conv2dShape, g: i32, o0: i32, M: i32,
  turned: bool, accumulate: bool, begin: i32, end: i32,
): void {
  if (isBatched<T>(s)) return productsTogether<T>(out, x, weight, bias, shape, s, g, o0, M, turned, accumulate, begin, end);
  const Cg = s.C / s.G, Og = s.O / s.G, T = s.T, P = s.P, window = s.KH * s.KW;
  const taps = tapTable(shape), partial = behindTables(shape), aPanels = panelsOfA<T>(partial);
  const beside = panelsOfB<T>(partial, MB, KC), narrow = isNarrow(Cg, Og, s.KH, s.KW, s.SH, s.DH);
  const lineStride = turned ? window : T, channelStride = turned ? Og * window : window;
  const w = at<T>(weight, g * Og * T + o0 * lineStride);
  if (narrow) {
    packNarrow<T>(beside, s, w, bias, o0, M, lineStride, channelStride, turned);
  } else {
    packWindows<T>(aPanels, w, lineStride, channelStride, M, Cg, window);
    packStarts<T>(beside, bias, M);
  }
  for (let line = begin; line < end; ) {
    const n = line / s.OH, oh = line - n * s.OH, stop = min(s.OH, oh + end - line);
    const image = padPlanes<T>(paddedPlanes<T>(shape), at<T>(x, (n * s.C + g * Cg) * s.H * s.W), s, Cg);
    const to = at<T>(out, (n * s.O + g * Og + o0) * P);
    if (narrow) multiplyNarrow<T>(to, P, beside, image, partial, s, o0, M, oh, stop, accumulate);
    else multiplyDirect<T>(to, P, aPanels, beside, image, taps, partial, s, M, T, oh, stop, accumulate);
    line += stop - oh;
  }
}

/** The same for as many images at a time as are whole, and `together` at most. */
function productsTogether<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, s: Conv2dShape, g: i32, o0: i32, M: i32,
  turned: bool, accumulate: bool, begin: i32, end: i32,
): void {
  const Cg = s.C / s.G, Og = s.O / s.G, T = s.T, P = s.P, window = s.KH * s.KW, size = s.H * s.W;
  const taps = tapTable(shape), partial = behindTables(shape), aPanels = panelsOfA<T>(partial);
  const starts = panelsOfB<T>(partial, MB, KC), sums = at<T>(starts, M + moreRows), images = at<T>(starts, -mostElements * together);
  const lineStride = turned ? window : T, w = at<T>(weight, g * Og * T + o0 * lineStride);
  packBatch<T>(aPanels, taps, sums, s, w, M, lineStride, turned ? Og * window : window, turned);
  packStarts<T>(starts, bias, M);
  for (let line = begin; line < end; ) {
    const n = line / s.OH, oh = line - n * s.OH, stop = min(s.OH, oh + end - line);
    const count = stop - oh == s.OH ? min(together, (end - line) / s.OH) : 1, rows = (stop - oh) * s.OW;
    packColumns<T>(images, at<T>(x, (n * s.C + g * Cg) * size), s.C * size, 1, count, Cg * size);
    multiplyBatch<T>(sums, aPanels, starts, images, taps, partial, s, M, oh, stop);
    const to = at<T>(out, (n * s.O + g * Og + o0) * P);
    for (let p = oh * s.OW; p < M * P; p += P) {
      transpose<T>(at<T>(to, p), at<T>(sums, p * together), count, s.O * P, rows, together, accumulate);
    }
    line += count * (stop - oh);
  }
}

function forwardPacked<T>(out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32): void {
  const s = changetype<Conv2dShape>(shape);
  const Cg = s.C / s.G, Og = s.O / s.G, T = s.T, P = s.P, window = s.KH * s.KW;
  const pixels = pixelTable(shape), taps = tapTable(shape), partial = behindTables(shape);
  const aPanels = panelsOfA<T>(partial), bPanels = panelsOfB<T>(partial, MB, KC), planes = paddedPlanes<T>(shape);
  for (let g = 0; g < s.G; g++) {
    for (let o0 = 0; o0 < Og; o0 += MB) {
      const o = g * Og + o0, M = min(MB, Og - o0);
      for (let t0 = 0; t0 < T; t0 += KC) {
        const kc = min(KC, T - t0), c0 = t0 / window, channels = (t0 + kc - 1) / window + 1 - c0;
        tapOffsets<T>(taps, s, c0, t0, kc, kc);
        packRows<T>(aPanels, at<T>(weight, o * T + t0), T, 1, M, kc);
        clearPlanes<T>(planes, s, channels);
        // An image's share of the rows is a range of its pixels, taken NC at a time.
        for (let line = begin; line < end; ) {
          const n = line / s.OH, stop = min(end, (n + 1) * s.OH), y = at<T>(out, (n * s.O + o) * P);
          const image = padPlanes<T>(planes, at<T>(x, (n * s.C + g * Cg + c0) * s.H * s.W), s, channels);
          const last = (stop - n * s.OH) * s.OW;
          for (let p = (line - n * s.OH) * s.OW; p < last; p += NC) {
            const nc = min(NC, last - p);
            pixelOffsets<T>(pixels, s, p, nc, roundUp(nc, NR<T>()));
            packPixels<T>(bPanels, image, taps, pixels, nc, kc);
            if (t0 == 0 && bias) fillRows<T>(at<T>(y, p), P, at<T>(bias, o), M, nc);
            const accumulate = t0 > 0 || bias != 0;
            multiplyPanels<T>(at<T>(y, p), P, aPanels, bPanels, partial, M, nc, kc, accumulate);
          }
          line = stop;
        }
      }
    }
  }
}

/** Taps [begin, end) of each group's T: dweight += Σ_n dout·col(X)ᵀ. */
// @ts-ignore: decorator
@parallel(0.05 * tapProducts(shape), 12)
export function conv2dBackwardWeight<T>(
  dweight: usize, dout: usize, x: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const images = isSummedTogether<T>(s) ? together : 1;
  if (sumsDirectly<T>(s.T, s.O / s.G, s.OH, s.OW * images)) weightsDirect<T>(dweight, dout, x, shape, images, begin, end);
  else weightsPacked<T>(dweight, dout, x, shape, begin, end);
}

/** For `images` at a time: 1 or `together`. */
function weightsDirect<T>(
  dweight: usize, dout: usize, x: usize, shape: usize, images: i32, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape), size = s.H * s.W;
  const Cg = s.C / s.G, Og = s.O / s.G, T = s.T, P = s.P, window = s.KH * s.KW, count = end - begin;
  const first = begin / window, channels = (end - 1) / window + 1 - first, taps = tapTable(shape), partial = behindTables(shape);
  const copy = images > 1 ? panelsOfA<T>(partial) : paddedPlanes<T>(shape), copyOfDy = panelsOfB<T>(partial, MB, KC);
  tapOffsets<T>(taps, s, first, begin, count, roundUp(count, tapsTogether), false, images);
  clearPlanes<T>(copy, s, channels * images);
  for (let g = 0; g < s.G; g++) {
    for (let n = 0; n < s.N; n += images) {
      const planes = at<T>(x, (n * s.C + g * Cg + first) * size), here = min(images, s.N - n);
      let image = copy, dy = at<T>(dout, (n * s.O + g * Og) * P);
      if (images > 1) {
        for (let r = 0; r < channels * s.H; r++) {
          const row = at<T>(copy, placeOfTap(s, r / s.H, r % s.H + s.PH, s.PW) * together);
          packColumns<T>(row, at<T>(planes, r * s.W), s.C * size, 1, here, s.W);
          clearLacking<T>(row, s.W, here);
        }
        packColumns<T>(copyOfDy, dy, s.O * P, 1, here, Og * P);
        clearLacking<T>(copyOfDy, Og * P, here);
        dy = copyOfDy;
      } else {
        image = padPlanes<T>(copy, planes, s, channels);
      }
      const dw = at<T>(dweight, g * Og * T + begin), rowX = s.SH * paddedWidth(s) * images;
      addDots<T>(dw, T, dy, P * images, image, taps, besidePanels<T>(shape), s.OH, s.OW * images, rowX, Og, count);
    }
  }
}

/** Whether weight gradients may take images together: rows of x̂ in one piece, and room for it. */
// @ts-ignore: decorator
@inline
function isSummedTogether<T>(s: Conv2dShape): bool {
  return isBatched<T>(s) && s.SW == 1 && (s.C / s.G) * planeElements(s) * together <= MB * KC;
}

function weightsPacked<T>(dweight: usize, dout: usize, x: usize, shape: usize, begin: i32, end: i32): void {
  const s = changetype<Conv2dShape>(shape);
  const Cg = s.C / s.G, Og = s.O / s.G, T = s.T, P = s.P, window = s.KH * s.KW;
  const pixels = pixelTable(shape), taps = tapTable(shape), partial = behindTables(shape);
  const aPanels = panelsOfA<T>(partial), bPanels = panelsOfB<T>(partial, MB, KC), planes = paddedPlanes<T>(shape);
  for (let g = 0; g < s.G; g++) {
    for (let t0 = begin; t0 < end; t0 += NC) {
      const nc = min(NC, end - t0), c0 = t0 / window, channels = (t0 + nc - 1) / window + 1 - c0;
      tapOffsets<T>(taps, s, c0, t0, nc, roundUp(nc, NR<T>()));
      clearPlanes<T>(planes, s, channels);
      for (let n = 0; n < s.N; n++) {
        const image = padPlanes<T>(planes, at<T>(x, (n * s.C + g * Cg + c0) * s.H * s.W), s, channels);
        for (let p = 0; p < P; p += KC) {
          const kc = min(KC, P - p);
          pixelOffsets<T>(pixels, s, p, kc, kc);
          packTaps<T>(bPanels, image, taps, pixels, nc, kc);
          for (let o0 = 0; o0 < Og; o0 += MB) {
            const o = g * Og + o0, M = min(MB, Og - o0);
            packRows<T>(aPanels, at<T>(dout, (n * s.O + o) * P + p), P, 1, M, kc);
            multiplyPanels<T>(at<T>(dweight, o * T + t0), T, aPanels, bPanels, partial, M, nc, kc, true);
          }
        }
      }
    }
  }
}

/** Planes [begin, end) of the N·C: dx = col2im(Wᵀ·dout), or dx += with `accumulate`. */
// @ts-ignore: decorator
@parallel(0.05 * planeProducts(shape), planesTogether<T>(shape))
export function conv2dBackwardInput<T>(
  dx: usize, dout: usize, weight: usize, shape: usize, accumulate: i32, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape), C = s.C, Cg = C / s.G, mirrored = mirror(shape);
  const direct = isMirrored<T>(s) || planesTogether<T>(shape) > 1, back = direct ? mirrored : s;
  if (direct) prepareDirect<T>(shape, back, true);
  else if (!accumulate) fill<T>(dx, 0, begin * s.H * s.W, end * s.H * s.W);
  // The rest of an image, then whole images, then the first planes of one.
  for (let plane = begin; plane < end; ) {
    const n = plane / C, c = plane - n * C, whole = c == 0 ? (end - plane) / C : 0;
    const images = max(whole, 1), last = whole ? C : min(C, c + end - plane);
    for (let g = c / Cg; g * Cg < last; g++) {
      const from = max(c - g * Cg, 0), to = min(last - g * Cg, Cg);
      if (direct) {
        const rows = n * s.H, stop = (n + images) * s.H;
        productsDirect<T>(dx, dout, weight, 0, shape, back, g, from, to - from, true, accumulate != 0, rows, stop);
      } else {
        addToPlanes<T>(dx, dout, weight, shape, n, n + images, g, from, to);
      }
    }
    plane += whole ? whole * C : last - c;
  }
}

/** Writes the mirrored shape in place of the table of pixels, which products without packing do not use. */
function mirror(shape: usize): Conv2dShape {
  const s = changetype<Conv2dShape>(shape), top = (s.KH - 1) * s.DH - s.PH, left = (s.KW - 1) * s.DW - s.PW;
  conv2dShape(pixelTable(shape), s.N, s.O, s.OH, s.OW, s.C, s.H, s.W, s.KH, s.KW, 1, 1, top, left, s.DH, s.DW, s.G);
  return changetype<Conv2dShape>(pixelTable(shape));
}

/** dx += for channels [begin, end) of group g, of images [n0, n1). */
function addToPlanes<T>(
  dx: usize, dout: usize, weight: usize, shape: usize, n0: i32, n1: i32, g: i32, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape), padded = isPadded(s);
  const Cg = s.C / s.G, Og = s.O / s.G, T = s.T, P = s.P, window = s.KH * s.KW;
  const taps = tapTable(shape), partial = behindTables(shape);
  const aPanels = panelsOfA<T>(partial), bPanels = panelsOfB<T>(partial, MB, KC);
  const block = besidePanels<T>(shape), planes = paddedPlanes<T>(shape);
  // Blocks begin with a channel, so that what is summed together does not depend on `begin`.
  const together = max(1, MB / window);
  for (let c0 = begin; c0 < end; c0 += together) {
    const stop = min(c0 + together, end) * window;
    for (let t0 = c0 * window; t0 < stop; t0 += MB) {
      const M = min(MB, stop - t0), first = t0 / window, channels = (t0 + M - 1) / window + 1 - first;
      tapOffsets<T>(taps, s, first, t0, M, M);
      for (let o0 = 0; o0 < Og; o0 += KC) {
        const kc = min(KC, Og - o0), o = g * Og + o0;
        packRows<T>(aPanels, at<T>(weight, o * T + t0), 1, T, M, kc);
        for (let n = n0; n < n1; n++) {
          const image = at<T>(dx, (n * s.C + g * Cg + first) * s.H * s.W), sum = padded ? planes : image;
          if (padded) clearPlanes<T>(sum, s, channels);
          for (let p = 0; p < P; p += NC) {
            const nc = min(NC, P - p), ld = roundUp(nc, NR<T>());
            packColumns<T>(bPanels, at<T>(dout, (n * s.O + o) * P + p), 1, P, nc, kc);
            multiplyPanels<T>(block, ld, aPanels, bPanels, partial, M, nc, kc, false);
            for (let t = 0; t < M; t++) scatterPixels<T>(sum + entry(taps, t), at<T>(block, t * ld), s, p, nc);
          }
          if (padded) addPlanes<T>(image, sum, s, channels);
        }
      }
    }
  }
}

/** c[i][j] = bias[i]. */
function fillRows<T>(c: usize, ldc: i32, bias: usize, M: i32, N: i32): void {
  for (let i = 0; i < M; i++) fill<T>(at<T>(c, i * ldc), <f64>load<T>(at<T>(bias, i)), 0, N);
}
