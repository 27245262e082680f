// Two-dimensional convolution (cross-correlation, as in PyTorch's Conv2d) as three matrix products.
//
// Per image n and group g, with W as [O/G][T], T = (C/G)·KH·KW taps, Y as [O/G][P], P = OH·OW pixels, and
// col(X): [T][P] as gemm/im2col.ts defines it:
//
//   forward            Y  = W·col(X) + b
//   weight gradient    dW += Σ_n dY·col(X)ᵀ
//   input gradient     dX = col2im(Wᵀ·dY)
//   bias gradient      db += Σ_n Σ_p dY
//
// since y[o][p] = Σ_t w[o][t]·col[t][p] makes ∂L/∂w[o][t] = Σ_p dy[o][p]·col[t][p] and ∂L/∂col[t][p] =
// Σ_o w[o][t]·dy[o][p], and col2im is the adjoint of im2col. Rows of col(X) are made a piece at a time while
// packing; Wᵀ·dY leaves a block at a time through col2im. No column matrix is stored.
//
// Layouts: x [N][C][H][W], y [N][O][OH][OW], W [O][C/G][KH][KW], b [O].

import { KC, MB, NC, multiplyPanels, panelsOfA, panelsOfB, roundUp } from '../gemm/gemm';
import { col2imRow, im2colRow } from '../gemm/im2col';
import { packColumns, packRows } from '../gemm/pack';
import { Conv2dShape } from '../gemm/shape';
import { NR } from '../gemm/tile';
import { fill } from '../lib/rows';
import { at, lanes, loadLanes, storeLanes, sumLanes, zero } from '../lib/simd';

// Every product takes `shape`: a Conv2dShape with the workspace behind it, conv2dWorkspace(P) bytes in all. The
// workspace is one partial tile, panels of A, panels of B, and one block beside them.

/** Bytes of a shape and the workspace behind it, for P output pixels. */
export function conv2dWorkspace<T>(P: i32): i32 {
  const rows = NR<T>() * KC, block = MB * roundUp(min(P, NC), NR<T>());
  return <i32>at<T>(besidePanels<T>(offsetof<Conv2dShape>()), max(rows, block));
}

// @ts-ignore: decorator
@inline
function partialTile(shape: usize): usize {
  return shape + offsetof<Conv2dShape>();
}

// @ts-ignore: decorator
@inline
function besidePanels<T>(workspace: usize): usize {
  return at<T>(panelsOfB<T>(workspace, MB, KC), NC * KC);
}

/** Output rows [begin, end) of the N·OH: out = W·col(X) + b. bias may be null. */
export function conv2dForward<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const Cg = s.C / s.G, Og = s.O / s.G, taps = s.T, P = s.P;
  const partial = partialTile(shape), aPanels = panelsOfA<T>(partial), bPanels = panelsOfB<T>(partial, MB, KC);
  const row = besidePanels<T>(partial);
  for (let g = 0; g < s.G; g++) {
    for (let o0 = 0; o0 < Og; o0 += MB) {
      const o = g * Og + o0, M = min(MB, Og - o0);
      for (let t0 = 0; t0 < taps; t0 += KC) {
        const kc = min(KC, taps - t0);
        packRows<T>(aPanels, at<T>(weight, o * taps + t0), taps, 1, M, kc);
        // An image's share of the rows is a range of its pixels, taken NC at a time.
        for (let line = begin; line < end; ) {
          const n = line / s.OH, stop = min(end, (n + 1) * s.OH), y = at<T>(out, (n * s.O + o) * P);
          const image = at<T>(x, (n * s.C + g * Cg) * s.H * s.W);
          const last = (stop - n * s.OH) * s.OW;
          for (let p = (line - n * s.OH) * s.OW; p < last; p += NC) {
            const nc = min(NC, last - p);
            packPixels<T>(bPanels, row, image, s, t0, kc, p, nc);
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
export function conv2dBackwardWeight<T>(
  dweight: usize, dout: usize, x: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const Cg = s.C / s.G, Og = s.O / s.G, taps = s.T, P = s.P;
  const partial = partialTile(shape), aPanels = panelsOfA<T>(partial), bPanels = panelsOfB<T>(partial, MB, KC);
  const rows = besidePanels<T>(partial);
  for (let n = 0; n < s.N; n++) {
    for (let g = 0; g < s.G; g++) {
      const image = at<T>(x, (n * s.C + g * Cg) * s.H * s.W);
      for (let o0 = 0; o0 < Og; o0 += MB) {
        const o = g * Og + o0, M = min(MB, Og - o0);
        for (let p = 0; p < P; p += KC) {
          const kc = min(KC, P - p);
          packRows<T>(aPanels, at<T>(dout, (n * s.O + o) * P + p), P, 1, M, kc);
          for (let t0 = begin; t0 < end; t0 += NC) {
            const nc = min(NC, end - t0);
            packTaps<T>(bPanels, rows, image, s, t0, nc, p, kc);
            multiplyPanels<T>(at<T>(dweight, o * taps + t0), taps, aPanels, bPanels, partial, M, nc, kc, true);
          }
        }
      }
    }
  }
}

/** Images [begin, end): dx = col2im(Wᵀ·dout), or dx += with `accumulate`. */
export function conv2dBackwardInput<T>(
  dx: usize, dout: usize, weight: usize, shape: usize, accumulate: i32, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const Cg = s.C / s.G, Og = s.O / s.G, taps = s.T, P = s.P;
  const partial = partialTile(shape), aPanels = panelsOfA<T>(partial), bPanels = panelsOfB<T>(partial, MB, KC);
  const block = besidePanels<T>(partial);
  if (!accumulate) fill<T>(dx, 0, begin * s.C * s.H * s.W, end * s.C * s.H * s.W);
  for (let g = 0; g < s.G; g++) {
    for (let t0 = 0; t0 < taps; t0 += MB) {
      const M = min(MB, taps - t0);
      for (let o0 = 0; o0 < Og; o0 += KC) {
        const kc = min(KC, Og - o0), o = g * Og + o0;
        packRows<T>(aPanels, at<T>(weight, o * taps + t0), 1, taps, M, kc);
        for (let n = begin; n < end; n++) {
          const image = at<T>(dx, (n * s.C + g * Cg) * s.H * s.W);
          for (let p = 0; p < P; p += NC) {
            const nc = min(NC, P - p), ld = roundUp(nc, NR<T>());
            packColumns<T>(bPanels, at<T>(dout, (n * s.O + o) * P + p), 1, P, nc, kc);
            multiplyPanels<T>(block, ld, aPanels, bPanels, partial, M, nc, kc, false);
            for (let t = 0; t < M; t++) col2imRow<T>(image, at<T>(block, t * ld), s, t0 + t, p, p + nc);
          }
        }
      }
    }
  }
}

/** Output channels [begin, end): dbias += Σ_n Σ_p dout. */
export function conv2dBackwardBias<T>(dbias: usize, dout: usize, N: i32, O: i32, P: i32, begin: i32, end: i32): void {
  for (let o = begin; o < end; o++) {
    let total: T = 0;
    for (let n = 0; n < N; n++) {
      const plane = at<T>(dout, (n * O + o) * P);
      let sum = zero();
      for (let p = 0; p < P; p += lanes<T>()) sum = v128.add<T>(sum, loadLanes<T>(at<T>(plane, p), P - p));
      total += sumLanes<T>(sum);
    }
    store<T>(at<T>(dbias, o), load<T>(at<T>(dbias, o)) + total);
  }
}

/** Panels of col(X): taps [t0, t0 + kc) are k, pixels [p, p + nc) are columns. `row` holds one row of them. */
function packPixels<T>(
  panels: usize, row: usize, image: usize, s: Conv2dShape, t0: i32, kc: i32, p: i32, nc: i32,
): void {
  const R = NR<T>(), padded = roundUp(nc, R);
  fill<T>(row, 0, nc, padded);
  for (let k = 0; k < kc; k++) {
    im2colRow<T>(row, image, s, t0 + k, p, p + nc);
    let to = at<T>(panels, k * R);
    for (let j = 0; j < padded; j += R) {
      v128.store(to, v128.load(at<T>(row, j), 0), 0);
      v128.store(to, v128.load(at<T>(row, j), 16), 16);
      to = at<T>(to, R * kc);
    }
  }
}

/** Panels of col(X)ᵀ: pixels [p, p + kc) are k, taps [t0, t0 + nc) are columns. `rows` holds NR rows of col(X). */
function packTaps<T>(
  panels: usize, rows: usize, image: usize, s: Conv2dShape, t0: i32, nc: i32, p: i32, kc: i32,
): void {
  const R = NR<T>();
  for (let j = 0; j < nc; j += R) {
    const here = min(R, nc - j);
    for (let r = 0; r < here; r++) im2colRow<T>(at<T>(rows, r * kc), image, s, t0 + j + r, p, p + kc);
    packColumns<T>(at<T>(panels, j * kc), rows, kc, 1, here, kc);
  }
}

/** c[i][j] = bias[i]. */
function fillRows<T>(c: usize, ldc: i32, bias: usize, M: i32, N: i32): void {
  for (let i = 0; i < M; i++) {
    const b = v128.splat<T>(load<T>(at<T>(bias, i)));
    for (let j = 0; j < N; j += lanes<T>()) storeLanes<T>(at<T>(c, i * ldc + j), b, N - j);
  }
}
