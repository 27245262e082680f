import { BCEWithLogitsLoss, Tensor } from 'simdgrad';
import * as baseline from '../baseline/bce.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.elementwiseLoss).flatMap(([shape, { size }]) => {
    const loss = new BCEWithLogitsLoss({ core });
    const x = Tensor.randn([size], { core });
    const target = Tensor.rand([size], { core });
    const js = {
      x: x.toArray() as Float32Array,
      target: target.toArray() as Float32Array,
      dx: new Float32Array(size),
    };
    const forward = () => baseline.bceWithLogitsForward(js.x, js.target);
    loss.forward(x, target);
    return [
      {
        kernel: 'bceWithLogitsForward',
        shape,
        bytes: 8 * size,
        ours: () => loss.forward(x, target),
        baseline: forward,
        results: () => [[Float64Array.of(loss.forward(x, target)), Float64Array.of(forward())]],
        tolerance: 1e-5,
      },
      {
        kernel: 'bceWithLogitsBackward',
        shape,
        bytes: 12 * size,
        ours: () => loss.backward(),
        baseline: () => baseline.bceWithLogitsBackward(js.dx, js.x, js.target),
        results: () => [[loss.backward().data, js.dx]],
        tolerance: 1e-5,
      },
    ];
  });

export default cases;
