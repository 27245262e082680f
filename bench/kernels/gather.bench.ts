import { embedding, Tensor } from 'simdgrad';
import * as baseline from '../baseline/gather.ts';
import type { BenchCases } from '../case.ts';
import { gateCases } from '../gate.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = function* (core) {
  for (const [shape, { count, V, D }] of Object.entries(shapes.embedding)) {
    const index = Int32Array.from(Tensor.rand([count], { high: V, core }).data);
    const bytes = 4 * count * D;
    yield* gateCases(core, {
      name: 'embedding',
      shape,
      gate: (weight, tokens) => embedding(tokens, weight),
      inputs: [Tensor.randn([V, D], { core }), Tensor.from(index, [count], { core })],
      forward: { bytes: 2 * bytes, baseline: ({ y, x }) => baseline.embedding(y[0], x[0], index, D) },
      // Zeros first, then a sum at each row named.
      backward: {
        bytes: 3 * bytes + 4 * V * D,
        baseline: ({ dx, dy }) => baseline.embeddingBackward(dx[0], dy[0], index, D),
      },
    });
  }
};

export default cases;
