import { Tensor } from 'simdgrad';
import { rmspropStep } from 'simdgrad/kernels';
import * as baseline from '../baseline/rmsprop.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.parameter).map(([shape, size]) => {
    const [p, g] = [Tensor.randn([size], { core }), Tensor.randn([size], { core })];
    const s = Tensor.zeros([size], { core });
    const js = { p: p.toArray() as Float32Array, g: g.toArray() as Float32Array, s: new Float32Array(size) };
    return {
      kernel: 'rmspropStep',
      shape,
      bytes: 4 * 5 * size,
      ours: () => rmspropStep(p, g, s, null, null, { lr: 1e-3 }),
      baseline: () => baseline.rmspropStep(js.p, js.s, js.g, 1e-3),
      results: () => [
        [p.data, js.p],
        [s.data, js.s],
      ],
      tolerance: 1e-5,
    };
  });

export default cases;
