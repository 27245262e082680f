import { MSELoss, Tensor } from 'simdgrad';
import * as baseline from '../baseline/regression.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.elementwiseLoss).flatMap(([shape, { size }]) => {
    const loss = new MSELoss({ core });
    const x = Tensor.randn([size], { core });
    const target = Tensor.rand([size], { core });
    const js = {
      x: x.toArray() as Float32Array,
      target: target.toArray() as Float32Array,
      dx: new Float32Array(size),
    };
    const forward = () => baseline.mseForward(js.x, js.target);
    loss.forward(x, target);
    return [
      {
        kernel: 'mseForward',
        shape,
        bytes: 8 * size,
        ours: () => loss.forward(x, target),
        baseline: forward,
        results: () => [[Float64Array.of(loss.forward(x, target)), Float64Array.of(forward())]],
        tolerance: 1e-5,
      },
      {
        kernel: 'mseBackward',
        shape,
        bytes: 12 * size,
        ours: () => loss.backward(),
        baseline: () => baseline.mseBackward(js.dx, js.x, js.target),
        results: () => [[loss.backward().data, js.dx]],
        tolerance: 1e-5,
      },
    ];
  });

export default cases;
