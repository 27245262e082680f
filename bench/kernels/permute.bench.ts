import { permute, Tensor, transpose } from 'simdgrad';
import * as baseline from '../baseline/permute.ts';
import type { BenchCases } from '../case.ts';
import { gateCases } from '../gate.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = function* (core) {
  for (const [shape, { rows, columns }] of Object.entries(shapes.transpose)) {
    const bytes = 2 * 4 * rows * columns;
    yield* gateCases(core, {
      name: 'transpose',
      shape,
      gate: (x) => transpose(x, 0, 1),
      inputs: [Tensor.randn([rows, columns], { core })],
      forward: { bytes, baseline: ({ y, x }) => baseline.transpose(y[0], x[0], rows, columns) },
      backward: { bytes, baseline: ({ dx, dy }) => baseline.transpose(dx[0], dy[0], columns, rows) },
    });
  }
  for (const [shape, [N, A, B, inner]] of Object.entries(shapes.permute)) {
    const bytes = 2 * 4 * N * A * B * inner;
    yield* gateCases(core, {
      name: 'permute 0 2 1 3',
      shape,
      gate: (x) => permute(x, [0, 2, 1, 3]),
      inputs: [Tensor.randn([N, A, B, inner], { core })],
      forward: { bytes, baseline: ({ y, x }) => baseline.exchangeMiddle(y[0], x[0], N, A, B, inner) },
      backward: { bytes, baseline: ({ dx, dy }) => baseline.exchangeMiddle(dx[0], dy[0], N, B, A, inner) },
    });
  }
};

export default cases;
