import { matmul, Tensor, transpose } from 'simdgrad';
import * as baseline from '../baseline/matmul.ts';
import type { BenchCases } from '../case.ts';
import { gateCases } from '../gate.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = function* (core) {
  for (const [shape, { heads, T, D }] of Object.entries(shapes.attention)) {
    const flops = 2 * heads * T * T * D;
    yield* gateCases(core, {
      name: 'matmul q·kᵀ',
      shape,
      // As users write it, transposition and all.
      gate: (q, k) => matmul(q, transpose(k, -2, -1)),
      inputs: [Tensor.randn([heads, T, D], { core }), Tensor.randn([heads, T, D], { core })],
      forward: { flops, baseline: ({ y, x }) => baseline.scores(y[0], x[0], x[1], heads, T, D) },
      backward: {
        flops: 2 * flops,
        baseline: ({ dx, dy, x }) => baseline.scoresBackward(dx[0], dx[1], dy[0], x[0], x[1], heads, T, D),
      },
    });
  }
};

export default cases;
