import { Dropout, Tensor } from 'simdgrad';
import * as baseline from '../baseline/dropout.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

/** Two generators draw different numbers: what must agree is the mean. */
const mean = (values: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return Float64Array.of(sum / values.length);
};

const cases: BenchCases = (core) =>
  Object.entries(shapes.dropout).flatMap(([shape, size]) => {
    const layer = new Dropout(0.5, { core });
    const x = Tensor.ones([size], { core });
    const js = {
      x: x.toArray() as Float32Array,
      out: new Float32Array(size),
      dx: new Float32Array(size),
      mask: new Float32Array(size),
    };
    return [
      {
        kernel: 'dropout',
        shape,
        bytes: 4 * 2 * size,
        ours: () => layer.forward(x),
        baseline: () => baseline.dropoutForward(js.out, js.mask, js.x, 0.5),
        results: () => [[mean(layer.forward(x).data), mean(js.out)]],
        tolerance: 0.02,
      },
      {
        kernel: 'dropout, backward',
        shape,
        bytes: 4 * 2 * size,
        ours: () => layer.backward(x),
        baseline: () => baseline.dropoutBackward(js.dx, js.mask, js.x),
        results: () => [[mean(layer.backward(x).data), mean(js.dx)]],
        tolerance: 0.02,
      },
    ];
  });

export default cases;
