import { Tensor } from 'simdgrad';
import { sgdStep } from 'simdgrad/kernels';
import * as baseline from '../baseline/sgd.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.parameter).map(([shape, size]) => {
    const [p, g] = [Tensor.randn([size], { core }), Tensor.randn([size], { core })];
    const v = Tensor.zeros([size], { core });
    const js = { p: p.toArray() as Float32Array, g: g.toArray() as Float32Array, v: new Float32Array(size) };
    return {
      kernel: 'sgdStep',
      shape,
      bytes: 4 * 5 * size,
      ours: () => sgdStep(p, g, v, { lr: 1e-4, momentum: 0.9 }),
      baseline: () => baseline.sgdStep(js.p, js.v, js.g, 1e-4, 0.9),
      results: () => [
        [p.data, js.p],
        [v.data, js.v],
      ],
      tolerance: 1e-5,
    };
  });

export default cases;
