import { Exp, GELU, ReLU, SiLU, Tanh, Tensor } from 'simdgrad';
import * as baseline from '../baseline/activation.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const functions = {
  relu: { Layer: ReLU, forward: baseline.relu, backward: baseline.reluBackward, saves: 'y' },
  tanh: { Layer: Tanh, forward: baseline.tanh, backward: baseline.tanhBackward, saves: 'y' },
  silu: { Layer: SiLU, forward: baseline.silu, backward: baseline.siluBackward, saves: 'x' },
  gelu: { Layer: GELU, forward: baseline.gelu, backward: baseline.geluBackward, saves: 'x' },
  exp: { Layer: Exp, forward: baseline.exp, backward: baseline.expBackward, saves: 'y' },
} as const;

const cases: BenchCases = (core) =>
  Object.entries(shapes.activation).flatMap(([shape, size]) =>
    Object.entries(functions).flatMap(([name, { Layer, forward, backward, saves }]): BenchCase[] => {
      const layer = new Layer({ core });
      const x = Tensor.randn([...size], { core });
      const dy = Tensor.randn([...size], { core });
      const js = {
        x: x.toArray() as Float32Array,
        dy: dy.toArray() as Float32Array,
        y: new Float32Array(x.size),
        dx: new Float32Array(x.size),
      };
      layer.forward(x);
      forward(js.y, js.x);
      return [
        {
          kernel: `activationForward ${name}`,
          shape,
          bytes: 2 * 4 * x.size,
          ours: () => layer.forward(x),
          baseline: () => forward(js.y, js.x),
          results: () => [[layer.forward(x).data, js.y]],
          tolerance: 1e-6,
        },
        {
          kernel: `activationBackward ${name}`,
          shape,
          bytes: 3 * 4 * x.size,
          ours: () => layer.backward(dy),
          baseline: () => backward(js.dx, js.dy, js[saves]),
          results: () => [[layer.backward(dy).data, js.dx]],
          tolerance: 1e-6,
        },
      ];
    }),
  );

export default cases;
