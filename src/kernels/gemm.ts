import { checkNumber, checkOptions, reject } from '../check.ts';
import { checkTensor } from '../check-tensor.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

export interface GemmOptions {
  /** Whether a is given as [K, M] (default false). */
  transposeA?: boolean;
  /** Whether b is given as [N, K] (default false). */
  transposeB?: boolean;
  /** Factor of the product (default 1). */
  alpha?: number;
  /** Factor of what out holds; 0 overwrites it unread (default 0), 1 adds to it. */
  beta?: number;
}

/**
 * out = α·op(a)·op(b) + β·out.
 * @param a [M, K] or, transposed, [K, M]; @param b [K, N] or [N, K]; @param out [M, N]; no view of a or b
 */
export function gemm(a: Tensor, b: Tensor, out: Tensor, options: GemmOptions = {}): void {
  const { kernels, same } = floatTensor('gemm', 'a', a);
  checkOptions('gemm', options, ['transposeA', 'transposeB', 'alpha', 'beta']);
  const { transposeA = false, transposeB = false, alpha = 1, beta = 0 } = options;
  checkNumber('gemm', 'alpha', alpha);
  checkNumber('gemm', 'beta', beta);
  checkTensor('gemm', 'b', b, same);
  if (a.shape.length !== 2) reject('gemm', 'a', 'a matrix', a.shape);
  if (b.shape.length !== 2) reject('gemm', 'b', 'a matrix', b.shape);
  const M = transposeA ? a.shape[1] : a.shape[0];
  const K = transposeA ? a.shape[0] : a.shape[1];
  const KB = transposeB ? b.shape[1] : b.shape[0];
  const N = transposeB ? b.shape[0] : b.shape[1];
  if (K !== KB) reject('gemm', 'b', transposeB ? `[N, ${K}]` : `[${K}, N]`, b.shape);
  checkTensor('gemm', 'out', out, same, [M, N]);
  if (out.address === a.address || out.address === b.address) reject('gemm', 'out', 'memory of its own', 'an input');
  const workspace = same.core.memory.scratch(kernels.gemmWorkspace(M, N, K) * out.data.BYTES_PER_ELEMENT);
  // biome-ignore format: outputs, inputs, sizes
  kernels.gemm(
    out.address,
    a.address, b.address, workspace,
    M, N, K, a.shape[1], b.shape[1], N,
    Number(transposeA), Number(transposeB), alpha, beta, 0, kernels.gemmLines(M, N, K),
  );
}
