// Batched matrix product with broadcast leading axes (PyTorch's matmul), C = op(A)·op(B) for every pair of matrices
// along the batch axes, and its gradients, which are the same kernel with other transposes and strides:
//
//   forward    C  = A·B        c[m][n] = Σ_k a[m][k]·b[k][n]
//   backward   dA = dC·Bᵀ      da[m][k] = Σ_n dc[m][n]·b[k][n]
//              dB = Aᵀ·dC      db[k][n] = Σ_m a[m][k]·dc[m][n]
//
// The batch axes are a table of i32 in linear memory: [rank, then size, strideC, strideA, strideB of each axis,
// outermost first], in elements; rank 0 is one product. An operand that is broadcast along an axis has stride 0
// there. Where strideC is 0, as in the gradient of such an operand, the products along the axis add up: they run in
// their order, the first of them overwriting C unless it accumulates.
//
// [begin, end) counts the lines of all matrices of C, rows or columns as gemm divides them, L of each.
// Lines p·L to (p + 1)·L are those of matrix p.

import { gemm, gemmLines, lineWork } from '../gemm/gemm';
import { at } from '../lib/simd';

/** Where the strides of C, A and B stand in an axis of the table, after its size. */
const C: i32 = 4, A: i32 = 8, B: i32 = 12;

/** Lines [begin, end) of C. Matrices and workspace as gemm has them. */
// @ts-ignore: decorator
@parallel(lineWork(M, N, K))
export function matmul<T>(
  c: usize, a: usize, b: usize, batches: usize, workspace: usize,
  M: i32, N: i32, K: i32, lda: i32, ldb: i32, ldc: i32,
  transposeA: i32, transposeB: i32, accumulate: i32, begin: i32, end: i32,
): void {
  const terms = stepsOf(batches, true);
  const L = gemmLines(M, N, K);
  for (let p = begin / L; p * L < end; p++) {
    const from = max(begin - p * L, 0), to = min(end - p * L, L);
    const matrix = at<T>(c, offsetOf(batches, p, false, C));
    const firstA = at<T>(a, offsetOf(batches, p, false, A)), firstB = at<T>(b, offsetOf(batches, p, false, B));
    for (let t = 0; t < terms; t++) {
      const left = at<T>(firstA, offsetOf(batches, t, true, A)), right = at<T>(firstB, offsetOf(batches, t, true, B));
      const beta = t > 0 || accumulate ? 1.0 : 0.0;
      gemm<T>(matrix, left, right, workspace, M, N, K, lda, ldb, ldc, transposeA, transposeB, 1.0, beta, from, to);
    }
  }
}

/** How many products the axes of one kind make: those summed over, where strideC is 0, or the others. */
function stepsOf(batches: usize, summed: bool): i32 {
  let steps = 1;
  for (let axis = batches + 4, end = endOf(batches); axis < end; axis += 16) {
    if ((load<i32>(axis, C) == 0) == summed) steps *= load<i32>(axis);
  }
  return steps;
}

/** Where an operand's matrix number `step` along the axes of one kind begins, the last axis running fastest. */
function offsetOf(batches: usize, step: i32, summed: bool, operand: usize): i32 {
  let offset = 0;
  for (let axis = endOf(batches) - 16; step > 0; axis -= 16) {
    if ((load<i32>(axis, C) == 0) != summed) continue;
    const size = load<i32>(axis);
    offset += (step % size) * load<i32>(axis + operand);
    step /= size;
  }
  return offset;
}

// @ts-ignore: decorator
@inline
function endOf(batches: usize): usize {
  return batches + 4 + 16 * load<i32>(batches);
}
