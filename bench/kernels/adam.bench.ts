import { Tensor } from 'simdgrad';
import { adamStep } from 'simdgrad/kernels';
import * as baseline from '../baseline/adam.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.parameter).map(([shape, size]) => {
    const [p, g] = [Tensor.randn([size], { core }), Tensor.randn([size], { core })];
    const [m, v] = [Tensor.zeros([size], { core }), Tensor.zeros([size], { core })];
    const js = {
      p: p.toArray() as Float32Array,
      g: g.toArray() as Float32Array,
      m: new Float32Array(size),
      v: new Float32Array(size),
    };
    return {
      kernel: 'adamStep',
      shape,
      bytes: 4 * 7 * size,
      ours: () => adamStep(p, g, m, v, null, { lr: 1e-3, step: 1 }),
      baseline: () => baseline.adamStep(js.p, js.m, js.v, js.g, 1e-3, 1),
      results: () => [
        [p.data, js.p],
        [m.data, js.m],
        [v.data, js.v],
      ],
      tolerance: 1e-5,
    };
  });

export default cases;
