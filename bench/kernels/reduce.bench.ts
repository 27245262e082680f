import { max, mean, sum, Tensor } from 'simdgrad';
import * as baseline from '../baseline/reduce.ts';
import type { BenchCases } from '../case.ts';
import { gateCases } from '../gate.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = function* (core) {
  for (const [shape, { rows, C }] of Object.entries(shapes.stream)) {
    const size = rows * C;
    const inputs = [Tensor.randn([rows, C], { core })];
    const [once, twice] = [{ bytes: 4 * size }, { bytes: 8 * size }];
    for (const [name, gate] of Object.entries({ sum, mean })) {
      const scale = (count: number) => (gate === mean ? 1 / count : 1);
      // All of it is one row.
      for (const [axes, dim, count] of [
        ['the last axis', 1, C],
        ['all', undefined, size],
      ] as const) {
        yield* gateCases(core, {
          name: `${name} over ${axes}`,
          shape,
          gate: (x) => gate(x, dim),
          inputs,
          forward: { ...once, baseline: ({ y, x }) => baseline.sumAlong(y[0], x[0], count, scale(count)) },
          backward: { ...once, baseline: ({ dx, dy }) => baseline.sumAlongBackward(dx[0], dy[0], count, scale(count)) },
        });
      }
      yield* gateCases(core, {
        name: `${name} over the first axis`,
        shape,
        gate: (x) => gate(x, 0),
        inputs,
        forward: { ...once, baseline: ({ y, x }) => baseline.sumAcross(y[0], x[0], scale(rows)) },
        backward: { ...once, baseline: ({ dx, dy }) => baseline.sumAcrossBackward(dx[0], dy[0], scale(rows)) },
      });
    }
    for (const [axes, dim, count] of [
      ['the last axis', 1, C],
      ['all', undefined, size],
    ] as const) {
      yield* gateCases(core, {
        name: `max over ${axes}`,
        shape,
        gate: (x) => max(x, dim),
        inputs,
        forward: { ...once, baseline: ({ y, x }) => baseline.maxAlong(y[0], x[0], count) },
        backward: {
          ...twice,
          baseline: ({ dx, dy, x, y }) => baseline.maxAlongBackward(dx[0], dy[0], x[0], y[0], count),
        },
      });
    }
    const share = new Float32Array(C);
    yield* gateCases(core, {
      name: 'max over the first axis',
      shape,
      gate: (x) => max(x, 0),
      inputs,
      forward: { ...once, baseline: ({ y, x }) => baseline.maxAcross(y[0], x[0]) },
      backward: {
        ...twice,
        baseline: ({ dx, dy, x, y }) => baseline.maxAcrossBackward(dx[0], share, dy[0], x[0], y[0]),
      },
    });
  }
};

export default cases;
