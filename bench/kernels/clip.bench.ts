import { Tensor } from 'simdgrad';
import { squareSum } from 'simdgrad/kernels';
import * as baseline from '../baseline/clip.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.parameter).map(([shape, size]) => {
    const g = Tensor.randn([size], { core });
    const js = g.toArray() as Float32Array;
    const sums = { ours: new Float64Array(1), js: new Float64Array(1) };
    return {
      kernel: 'squareSum',
      shape,
      bytes: 4 * size,
      ours: () => {
        sums.ours[0] = squareSum(g);
      },
      baseline: () => {
        sums.js[0] = baseline.squareSum(js);
      },
      results: () => [[sums.ours, sums.js]],
      tolerance: 1e-9,
    };
  });

export default cases;
