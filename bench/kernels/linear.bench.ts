import { Linear, Tensor } from 'simdgrad';
import * as baseline from '../baseline/linear.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) => {
  const problems = Object.entries(shapes.linear).map(([shape, sizes]) => {
    const { rows, inputs, outputs } = sizes;
    const layer = new Linear(inputs, outputs, { core });
    const x = Tensor.randn([rows, inputs], { core });
    const dy = Tensor.randn([rows, outputs], { core });
    const weight = layer.weight;
    const bias = layer.bias ?? Tensor.zeros([outputs], { core });
    const js = {
      x: new Float32Array(x.data),
      dy: new Float32Array(dy.data),
      weight: new Float32Array(weight.data),
      bias: new Float32Array(bias.data),
      out: new Float32Array(rows * outputs),
      dx: new Float32Array(rows * inputs),
      dweight: new Float32Array(weight.size),
      dbias: new Float32Array(outputs),
    };
    const out = layer.forward(x);
    const dx = layer.backward(dy);
    return { shape, sizes, flops: 2 * rows * inputs * outputs, layer, x, dy, out, dx, js };
  });
  return [
    ...problems.map(
      ({ shape, sizes, flops, layer, x, out, js }): BenchCase => ({
        kernel: 'linearForward',
        shape,
        flops,
        ours: () => layer.forward(x),
        baseline: () => baseline.linearForward(js.out, js.x, js.weight, js.bias, sizes),
        results: () => [[out.data, js.out]],
        tolerance: 1e-5,
      }),
    ),
    ...problems.map(
      ({ shape, sizes, flops, layer, dy, dx, js }): BenchCase => ({
        kernel: 'linearBackward',
        shape,
        flops: 2 * flops,
        reset: () => {
          layer.zeroGrad();
          js.dweight.fill(0);
          js.dbias.fill(0);
        },
        ours: () => layer.backward(dy),
        baseline: () => baseline.linearBackward(js.dx, js.dweight, js.dbias, js.dy, js.x, js.weight, sizes),
        results: () => {
          const [dweight, dbias] = layer.parameters().map(({ grad }) => grad.data);
          return [
            [dx.data, js.dx],
            [dweight, js.dweight],
            [dbias, js.dbias],
          ];
        },
        tolerance: 1e-5,
      }),
    ),
  ];
};

export default cases;
