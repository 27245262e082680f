import { LogSoftmax, Softmax, Tensor } from 'simdgrad';
import * as baseline from '../baseline/softmax.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const functions = {
  softmax: { Layer: Softmax, forward: baseline.softmax, backward: baseline.softmaxBackward },
  logSoftmax: { Layer: LogSoftmax, forward: baseline.logSoftmax, backward: baseline.logSoftmaxBackward },
} as const;

const cases: BenchCases = (core) =>
  Object.entries(shapes.softmax).flatMap(([shape, { rows, C }]) =>
    Object.entries(functions).flatMap(([name, { Layer, forward, backward }]): BenchCase[] => {
      const layer = new Layer(-1, { core });
      const x = Tensor.randn([rows, C], { core });
      const dy = Tensor.randn([rows, C], { core });
      const js = {
        x: x.toArray() as Float32Array,
        dy: dy.toArray() as Float32Array,
        y: new Float32Array(x.size),
        dx: new Float32Array(x.size),
      };
      layer.forward(x);
      forward(js.y, js.x, C);
      return [
        {
          kernel: `${name}Forward`,
          shape,
          bytes: 2 * 4 * x.size,
          ours: () => layer.forward(x),
          baseline: () => forward(js.y, js.x, C),
          results: () => [[layer.forward(x).data, js.y]],
          tolerance: 1e-5,
        },
        {
          kernel: `${name}Backward`,
          shape,
          bytes: 3 * 4 * x.size,
          ours: () => layer.backward(dy),
          baseline: () => backward(js.dx, js.dy, js.y, C),
          results: () => [[layer.backward(dy).data, js.dx]],
          tolerance: 1e-5,
        },
      ];
    }),
  );

export default cases;
