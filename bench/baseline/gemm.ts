/** Row-major operands; `a` is [M, K], or [K, M] when transposed; `b` is [K, N], or [N, K]; `c` is [M, N]. */
export interface GemmOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  alpha?: number;
  beta?: number;
}

/** Tile of C that a micro-kernel keeps in local variables. 4×4 was the fastest of 2×4 to 4×4 (measured). */
const tile = 4;
/** Block of the shared axis, of rows and of columns: the packed blocks stay in the L1, L2 and L3 caches. */
const KC = 256;
const MC = 64;
const NC = 512;

// JavaScript calculates in doubles: packing as doubles converts every operand once and not once per use (measured).
const packedA = new Float64Array(MC * KC);
const packedB = new Float64Array(NC * KC);

/**
 * c = alpha·op(a)·op(b) + beta·c: blocked for the caches, both operands packed into panels of four (which also does
 * away with transposes), 16 sums in local variables.
 */
// biome-ignore format: outputs, inputs, sizes
export function gemm(
  c: Float32Array, a: Float32Array, b: Float32Array,
  M: number, N: number, K: number,
  { transposeA = false, transposeB = false, alpha = 1, beta = 0 }: GemmOptions = {},
): void {
  scale(c, M * N, beta);
  // One row uses every element of b once, so packing it would cost more than the product.
  if (M === 1) {
    if (transposeB) return dots(c, a, b, N, K, alpha);
    return sumOfRows(c, a, b, N, K, alpha);
  }
  // Strides of a's row and of its k, of b's column and of its k.
  const [am, ak] = transposeA ? [1, M] : [K, 1];
  const [bn, bk] = transposeB ? [K, 1] : [1, N];
  for (let j0 = 0; j0 < N; j0 += NC) {
    const nc = Math.min(NC, N - j0);
    for (let k0 = 0; k0 < K; k0 += KC) {
      const kc = Math.min(KC, K - k0);
      pack(packedB, b, j0 * bn + k0 * bk, bn, bk, nc, kc);
      for (let i0 = 0; i0 < M; i0 += MC) {
        const mc = Math.min(MC, M - i0);
        pack(packedA, a, i0 * am + k0 * ak, am, ak, mc, kc);
        for (let j = 0; j < nc; j += tile) {
          for (let i = 0; i < mc; i += tile) {
            micro(c, (i0 + i) * N + j0 + j, N, i * kc, j * kc, kc, alpha, mc - i, nc - j);
          }
        }
      }
    }
  }
}

function scale(c: Float32Array, size: number, beta: number): void {
  if (beta === 0) c.fill(0, 0, size);
  else if (beta !== 1) for (let i = 0; i < size; i++) c[i] *= beta;
}

/** Panels of four lines, k after k, with zeros for lines beyond the last. */
// biome-ignore format: outputs, inputs, sizes
function pack(
  packed: Float64Array, from: Float32Array,
  start: number, lineStride: number, kStride: number, lines: number, kc: number,
): void {
  let to = 0;
  for (let line = 0; line < lines; line += tile) {
    const left = lines - line;
    let p0 = start + line * lineStride;
    let p1 = p0 + lineStride;
    let p2 = p1 + lineStride;
    let p3 = p2 + lineStride;
    if (left >= tile) {
      for (let k = 0; k < kc; k++) {
        packed[to] = from[p0];
        packed[to + 1] = from[p1];
        packed[to + 2] = from[p2];
        packed[to + 3] = from[p3];
        to += tile;
        p0 += kStride;
        p1 += kStride;
        p2 += kStride;
        p3 += kStride;
      }
    } else {
      for (let k = 0; k < kc; k++) {
        packed[to] = from[p0];
        packed[to + 1] = left > 1 ? from[p1] : 0;
        packed[to + 2] = left > 2 ? from[p2] : 0;
        packed[to + 3] = 0;
        to += tile;
        p0 += kStride;
        p1 += kStride;
        p2 += kStride;
      }
    }
  }
}

/** Adds alpha times the product of one panel of each operand to a 4×4 tile of c, or to what of it lies inside. */
// biome-ignore format: outputs, inputs, sizes
function micro(
  c: Float32Array, at: number, ldc: number,
  pa: number, pb: number, kc: number, alpha: number, rows: number, columns: number,
): void {
  let c00 = 0, c01 = 0, c02 = 0, c03 = 0;
  let c10 = 0, c11 = 0, c12 = 0, c13 = 0;
  let c20 = 0, c21 = 0, c22 = 0, c23 = 0;
  let c30 = 0, c31 = 0, c32 = 0, c33 = 0;
  for (let k = 0; k < kc; k++) {
    const b0 = packedB[pb], b1 = packedB[pb + 1], b2 = packedB[pb + 2], b3 = packedB[pb + 3];
    const a0 = packedA[pa];
    c00 += a0 * b0; c01 += a0 * b1; c02 += a0 * b2; c03 += a0 * b3;
    const a1 = packedA[pa + 1];
    c10 += a1 * b0; c11 += a1 * b1; c12 += a1 * b2; c13 += a1 * b3;
    const a2 = packedA[pa + 2];
    c20 += a2 * b0; c21 += a2 * b1; c22 += a2 * b2; c23 += a2 * b3;
    const a3 = packedA[pa + 3];
    c30 += a3 * b0; c31 += a3 * b1; c32 += a3 * b2; c33 += a3 * b3;
    pa += tile;
    pb += tile;
  }
  addRow(c, at, columns, alpha * c00, alpha * c01, alpha * c02, alpha * c03);
  if (rows > 1) addRow(c, at + ldc, columns, alpha * c10, alpha * c11, alpha * c12, alpha * c13);
  if (rows > 2) addRow(c, at + 2 * ldc, columns, alpha * c20, alpha * c21, alpha * c22, alpha * c23);
  if (rows > 3) addRow(c, at + 3 * ldc, columns, alpha * c30, alpha * c31, alpha * c32, alpha * c33);
}

// biome-ignore format: outputs, inputs, sizes
function addRow(
  c: Float32Array, at: number, columns: number,
  s0: number, s1: number, s2: number, s3: number,
): void {
  c[at] += s0;
  if (columns > 1) c[at + 1] += s1;
  if (columns > 2) c[at + 2] += s2;
  if (columns > 3) c[at + 3] += s3;
}

/** c += alpha·a·b for one row a and b [K, N]: four rows of b a sweep. */
function sumOfRows(c: Float32Array, a: Float32Array, b: Float32Array, N: number, K: number, alpha: number): void {
  let k = 0;
  for (; k + 4 <= K; k += 4) {
    const a0 = alpha * a[k];
    const a1 = alpha * a[k + 1];
    const a2 = alpha * a[k + 2];
    const a3 = alpha * a[k + 3];
    const b0 = k * N;
    const b1 = b0 + N;
    const b2 = b1 + N;
    const b3 = b2 + N;
    for (let j = 0; j < N; j++) c[j] += a0 * b[b0 + j] + a1 * b[b1 + j] + a2 * b[b2 + j] + a3 * b[b3 + j];
  }
  for (; k < K; k++) for (let j = 0; j < N; j++) c[j] += alpha * a[k] * b[k * N + j];
}

/** c += alpha·a·bᵀ for one row a and b [N, K]: four sums a dot product, so that additions need not wait. */
function dots(c: Float32Array, a: Float32Array, b: Float32Array, N: number, K: number, alpha: number): void {
  for (let j = 0; j < N; j++) {
    const row = j * K;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let k = 0;
    for (; k + 4 <= K; k += 4) {
      s0 += a[k] * b[row + k];
      s1 += a[k + 1] * b[row + k + 1];
      s2 += a[k + 2] * b[row + k + 2];
      s3 += a[k + 3] * b[row + k + 3];
    }
    for (; k < K; k++) s0 += a[k] * b[row + k];
    c[j] += alpha * (s0 + s1 + s2 + s3);
  }
}
