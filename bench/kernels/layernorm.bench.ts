import { LayerNorm, Tensor } from 'simdgrad';
import * as baseline from '../baseline/layernorm.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.layerNorm).flatMap(([shape, { rows, C }]) => {
    const layer = new LayerNorm(C, { core });
    const x = Tensor.randn([rows, C], { core });
    const dy = Tensor.randn([rows, C], { core });
    const js = {
      x: x.toArray() as Float32Array,
      dy: dy.toArray() as Float32Array,
      gamma: new Float32Array(C).fill(1),
      beta: new Float32Array(C),
      out: new Float32Array(rows * C),
      dx: new Float32Array(rows * C),
      mean: new Float32Array(rows),
      rstd: new Float32Array(rows),
      dgamma: new Float32Array(C),
      dbeta: new Float32Array(C),
    };
    const bytes = 4 * rows * C;
    return [
      {
        kernel: 'layerNormForward',
        shape,
        bytes: 2 * bytes,
        ours: () => layer.forward(x),
        baseline: () => baseline.layerNormForward(js.out, js.mean, js.rstd, js.x, js.gamma, js.beta, C, layer.eps),
        results: () => [[layer.forward(x).data, js.out]],
        tolerance: 1e-5,
      },
      {
        kernel: 'layerNormBackward',
        shape,
        bytes: 3 * bytes,
        ours: () => layer.backward(dy),
        baseline: () =>
          baseline.layerNormBackward(js.dx, js.dgamma, js.dbeta, js.dy, js.x, js.gamma, js.mean, js.rstd, C),
        results: () => [[layer.backward(dy).data, js.dx]],
        tolerance: 1e-5,
      },
    ];
  });

export default cases;
