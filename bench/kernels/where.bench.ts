import { Tensor, where } from 'simdgrad';
import * as baseline from '../baseline/where.ts';
import type { BenchCases } from '../case.ts';
import { gateCases } from '../gate.ts';
import { shapes } from '../shapes.ts';

/** Attention's causal mask: a token's score with a later one is a number so small that softmax makes 0 of it. */
const cases: BenchCases = function* (core) {
  for (const [shape, { heads, T }] of Object.entries(shapes.attention)) {
    const mask = Float32Array.from({ length: T * T }, (_, i) => (i % T <= Math.floor(i / T) ? 1 : 0));
    const causal = Tensor.from(mask, [T, T], { core });
    const bytes = 2 * 4 * heads * T * T;
    // Less small than in use, so that the comparison of both sides has digits to compare.
    const value = -10;
    yield* gateCases(core, {
      name: 'where',
      shape,
      gate: (x) => where(causal, x, value),
      inputs: [Tensor.randn([heads, T, T], { core })],
      forward: { bytes, baseline: ({ y, x }) => baseline.masked(y[0], mask, x[0], value) },
      backward: { bytes, baseline: ({ dx, dy }) => baseline.maskedBackward(dx[0], dy[0], mask) },
    });
  }
};

export default cases;
