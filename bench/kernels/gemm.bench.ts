import { Tensor } from 'simdgrad';
import { gemm } from 'simdgrad/kernels';
import * as baseline from '../baseline/gemm.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.gemm).map(([shape, { M, K, N, ...options }]) => {
    const { transposeA, transposeB }: baseline.GemmOptions = options;
    const a = Tensor.randn(transposeA ? [K, M] : [M, K], { core });
    const b = Tensor.randn(transposeB ? [N, K] : [K, N], { core });
    const out = Tensor.zeros([M, N], { core });
    const js = { a: new Float32Array(a.data), b: new Float32Array(b.data), out: new Float32Array(M * N) };
    return {
      kernel: 'gemm',
      shape,
      flops: 2 * M * K * N,
      ours: () => gemm(a, b, out, options),
      baseline: () => baseline.gemm(js.out, js.a, js.b, M, N, K, options),
      results: () => [[out.data, js.out]],
      tolerance: 1e-5,
    };
  });

export default cases;
