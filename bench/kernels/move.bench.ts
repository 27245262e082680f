import { concat, pad, type Range, slice, split, Tensor } from 'simdgrad';
import * as baseline from '../baseline/move.ts';
import type { BenchCases } from '../case.ts';
import { gateCases } from '../gate.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = function* (core) {
  const random = (...shape: number[]) => Tensor.randn(shape, { core });

  for (const [shape, { N, chunk }] of Object.entries(shapes.concat)) {
    const bytes = 2 * 4 * 2 * N * chunk;
    yield* gateCases(core, {
      name: 'concat',
      shape,
      gate: (a, b) => concat([a, b], 1),
      inputs: [random(N, chunk), random(N, chunk)],
      forward: { bytes, baseline: ({ y, x }) => baseline.interleave(y[0], x, chunk) },
      backward: { bytes, baseline: ({ dx, dy }) => baseline.separate(dx, dy[0], chunk) },
    });
  }

  for (const [shape, { rows, part, parts }] of Object.entries(shapes.split)) {
    const bytes = 2 * 4 * rows * part * parts;
    yield* gateCases(core, {
      name: 'split',
      shape,
      gate: (x) => split(x, part, 1),
      inputs: [random(rows, part * parts)],
      forward: { bytes, baseline: ({ y, x }) => baseline.separate(y, x[0], part) },
      backward: { bytes, baseline: ({ dx, dy }) => baseline.interleave(dx[0], dy, part) },
    });
  }

  for (const [shape, { planes, size, border, step }] of [
    ...Object.entries(shapes.slice),
    ...Object.entries(shapes.stride),
  ]) {
    const window = { planes, size, border, step, places: (size - 2 * border) / step };
    const range: Range = [border, size - border, step];
    const inner = 4 * planes * window.places ** 2;
    yield* gateCases(core, {
      name: 'slice',
      shape,
      gate: (x) => slice(x, [null, range, range]),
      inputs: [random(planes, size, size)],
      forward: { bytes: 2 * inner, baseline: ({ y, x }) => baseline.takeWindow(y[0], x[0], window) },
      backward: {
        bytes: inner + 4 * planes * size ** 2,
        baseline: ({ dx, dy }) => baseline.putWindow(dx[0], dy[0], window),
      },
    });
  }

  for (const [shape, { planes, size, border }] of Object.entries(shapes.pad)) {
    const window = { planes, size: size + 2 * border, border, step: 1, places: size };
    const inner = 4 * planes * size ** 2;
    yield* gateCases(core, {
      name: 'pad',
      shape,
      gate: (x) => pad(x, [border, border, border, border]),
      inputs: [random(planes, size, size)],
      forward: {
        bytes: inner + 4 * planes * window.size ** 2,
        baseline: ({ y, x }) => baseline.putWindow(y[0], x[0], window),
      },
      backward: { bytes: 2 * inner, baseline: ({ dx, dy }) => baseline.takeWindow(dx[0], dy[0], window) },
    });
  }
};

export default cases;
