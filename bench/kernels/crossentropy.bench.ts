import { CrossEntropyLoss, Tensor } from 'simdgrad';
import * as baseline from '../baseline/crossentropy.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) =>
  Object.entries(shapes.crossEntropy).flatMap(([shape, { N, C }]) => {
    const loss = new CrossEntropyLoss({ core });
    const x = Tensor.randn([N, C], { core });
    const labels = Int32Array.from({ length: N }, (_, n) => (n * 7919) % C);
    const target = Tensor.from(labels, [N], { core });
    const js = { x: x.toArray() as Float32Array, softmax: new Float32Array(N * C), dx: new Float32Array(N * C) };
    const forward = () => baseline.crossEntropyForward(js.softmax, js.x, labels, C);
    loss.forward(x, target);
    forward();
    const bytes = 4 * N * C;
    return [
      {
        kernel: 'crossEntropyForward',
        shape,
        bytes,
        ours: () => loss.forward(x, target),
        baseline: forward,
        results: () => [[Float64Array.of(loss.forward(x, target)), Float64Array.of(forward())]],
        tolerance: 1e-5,
      },
      {
        kernel: 'crossEntropyBackward',
        shape,
        bytes: 2 * bytes,
        ours: () => loss.backward(),
        baseline: () => baseline.crossEntropyBackward(js.dx, js.softmax, labels, C),
        results: () => [[loss.backward().data, js.dx]],
        tolerance: 1e-5,
      },
    ];
  });

export default cases;
