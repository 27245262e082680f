import type { Group, Plan } from '../problem.ts';
import { Random } from '../random.ts';
import { ofTerms } from '../tolerance.ts';

const product = (M: number, K: number, N: number, shape = `${M}×${K}·${K}×${N}`): Plan => ({
  kernel: 'matrix product',
  shape,
  flops: 2 * M * K * N,
  tolerance: ofTerms(K),
  problem: () => {
    const random = new Random(1);
    return { op: 'matmul', sizes: { M, K, N }, operands: { a: random.normal([M, K]), b: random.normal([K, N]) } };
  },
});

const layer = (rows: number, inputs: number, outputs: number): Plan => ({
  kernel: 'dense layer',
  shape: `${rows}×${inputs}→${outputs}`,
  flops: 2 * rows * inputs * outputs,
  tolerance: ofTerms(inputs),
  problem: () => {
    const random = new Random(1);
    const operands = {
      x: random.normal([rows, inputs]),
      weight: random.normal([outputs, inputs]),
      bias: random.normal([outputs]),
    };
    return { op: 'linear', sizes: { rows, inputs, outputs }, operands };
  },
});

/** An MLP on digits at batch 32, LeNet-5's at 64, a single row, GPT-2 small's for 128 tokens. */
const dense = [
  [32, 784, 128],
  [64, 400, 120],
  [1, 1024, 1024],
  [128, 768, 3072],
] as const;

export const group: Group = {
  name: 'matmul',
  title: 'Matrix products and dense layers',
  about:
    'Matrix products a·b of row-major operands, and the forward pass of dense layers, x·Wᵀ + b, with the weights stored as the library likes them.',
  plans: [
    ...[16, 32, 64, 128, 256, 512, 1024].map((n) => product(n, n, n, `${n}³`)),
    ...dense.map(([M, K, N]) => product(M, K, N)),
    ...dense.map(([rows, inputs, outputs]) => layer(rows, inputs, outputs)),
  ],
};
