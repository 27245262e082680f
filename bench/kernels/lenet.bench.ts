import { Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, ReLU, Sequential, SGD, Tensor } from 'simdgrad';
import { LeNet } from '../baseline/lenet.ts';
import type { BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const lr = 0.01;

/** Of one image: forward, the gradient of the weights and, behind the first layer, that of the input. */
const conv1 = 2 * 6 * 28 * 28 * 25;
const conv2 = 2 * 16 * 10 * 10 * 150;
const linear = 2 * (400 * 120 + 120 * 84 + 84 * 10);
const flops = 2 * conv1 + 3 * (conv2 + linear);

/** One training step of LeNet-5: forward, cross entropy, backward, SGD. */
const cases: BenchCases = (core) =>
  Object.entries(shapes.lenet).map(([shape, { N }]) => {
    const on = { core };
    const model = new Sequential(
      new Conv2d(1, 6, 5, { padding: 2, core }),
      new ReLU(on),
      new MaxPool2d(2, on),
      new Conv2d(6, 16, 5, on),
      new ReLU(on),
      new MaxPool2d(2, on),
      new Flatten(1, -1, on),
      new Linear(400, 120, on),
      new ReLU(on),
      new Linear(120, 84, on),
      new ReLU(on),
      new Linear(84, 10, on),
    );
    const loss = new CrossEntropyLoss(on);
    const optimizer = new SGD(model.parameters(), { lr });
    const parameters = model.parameters();
    const initial = parameters.map((parameter) => new Float32Array(parameter.data));
    const js = new LeNet(
      N,
      initial.map((values) => values.slice()),
    );

    const x = Tensor.rand([N, 1, 28, 28], on);
    const digits = Int32Array.from({ length: N }, (_, n) => n % 10);
    const labels = Tensor.from(digits, [N], on);
    const pixels = new Float32Array(x.data);
    const losses = { ours: 0, baseline: 0 };

    return {
      kernel: 'LeNet-5 training step',
      shape,
      flops: N * flops,
      // Every round starts from the same weights: what is timed must not depend on how far training has come.
      reset: () => {
        initial.forEach((values, i) => {
          parameters[i].set(values);
          js.parameters[i].value.set(values);
        });
      },
      ours: () => {
        optimizer.zeroGrad();
        losses.ours = loss.forward(model.forward(x), labels);
        model.backwardParameters(loss.backward());
        optimizer.step();
      },
      baseline: () => {
        losses.baseline = js.step(pixels, digits, lr);
      },
      results: () => [
        [Float64Array.of(losses.ours), Float64Array.of(losses.baseline)],
        ...parameters.flatMap((ours, i) => {
          const theirs = js.parameters[i];
          return [
            [ours.grad.data, theirs.grad],
            [ours.data, theirs.value],
          ] satisfies [unknown, unknown][];
        }),
      ],
      tolerance: 1e-5,
    };
  });

export default cases;
