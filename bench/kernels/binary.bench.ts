import { add, mul, Tensor } from 'simdgrad';
import * as baseline from '../baseline/binary.ts';
import type { BenchCases } from '../case.ts';
import { gateCases } from '../gate.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = function* (core) {
  for (const [shape, { rows, C }] of Object.entries(shapes.stream)) {
    const bytes = 4 * rows * C;
    const [a, b, row, column] = [[rows, C], [rows, C], [C], [rows, 1]].map((size) => Tensor.randn(size, { core }));
    yield* gateCases(core, {
      name: 'add',
      shape,
      gate: (x, y) => add(x, y),
      inputs: [a, b],
      forward: { bytes: 3 * bytes, baseline: ({ y, x }) => baseline.add(y[0], x[0], x[1]) },
      backward: { bytes: 3 * bytes, baseline: ({ dx, dy }) => baseline.addBackward(dx[0], dx[1], dy[0]) },
    });
    yield* gateCases(core, {
      name: 'add a row',
      shape,
      gate: (x, y) => add(x, y),
      inputs: [a, row],
      forward: { bytes: 2 * bytes, baseline: ({ y, x }) => baseline.addRow(y[0], x[0], x[1]) },
      backward: { bytes: 2 * bytes, baseline: ({ dx, dy }) => baseline.addRowBackward(dx[0], dx[1], dy[0]) },
    });
    yield* gateCases(core, {
      name: 'mul',
      shape,
      gate: (x, y) => mul(x, y),
      inputs: [a, b],
      forward: { bytes: 3 * bytes, baseline: ({ y, x }) => baseline.mul(y[0], x[0], x[1]) },
      backward: {
        bytes: 5 * bytes,
        baseline: ({ dx, dy, x }) => baseline.mulBackward(dx[0], dx[1], dy[0], x[0], x[1]),
      },
    });
    yield* gateCases(core, {
      name: 'mul by a column',
      shape,
      gate: (x, y) => mul(x, y),
      inputs: [a, column],
      forward: { bytes: 2 * bytes, baseline: ({ y, x }) => baseline.mulColumn(y[0], x[0], x[1]) },
      backward: {
        bytes: 3 * bytes,
        baseline: ({ dx, dy, x }) => baseline.mulColumnBackward(dx[0], dx[1], dy[0], x[0], x[1]),
      },
    });
  }
};

export default cases;
