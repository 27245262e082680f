import { afterAll, expect, it } from 'vitest';
import {
  Conv2d,
  type Core,
  CrossEntropyLoss,
  createCore,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  SGD,
  Tensor,
} from '../../src/index.ts';
import { cores } from '../support/builds.ts';
import { Random } from '../support/random.ts';

const [batch, steps] = [32, 300];
const made: Core[] = [];
afterAll(() => made.forEach((core) => core.dispose()));

/** The weights of LeNet-5 after training on noise. */
function trained(core: Core): number[] {
  core.random.restart(3);
  const on = { core };
  const net = new Sequential(
    ...[new Conv2d(1, 6, 5, { padding: 2, ...on }), new ReLU(on), new MaxPool2d(2, on)],
    ...[new Conv2d(6, 16, 5, on), new ReLU(on), new MaxPool2d(2, on), new Flatten(1, -1, on)],
    ...[new Linear(400, 120, on), new ReLU(on), new Linear(120, 84, on), new ReLU(on), new Linear(84, 10, on)],
  );
  const loss = new CrossEntropyLoss(on);
  const sgd = new SGD(net.parameters(), { lr: 0.02, momentum: 0.9 });
  const random = new Random(5);
  const x = Tensor.from(Float32Array.from(random.normals(batch * 784)), [batch, 1, 28, 28], on);
  const labels = Tensor.from(
    Int32Array.from({ length: batch }, () => random.integer(0, 9)),
    [batch],
    on,
  );
  for (let step = 0; step < steps; step++) {
    sgd.zeroGrad();
    loss.forward(net.forward(x), labels);
    net.backwardParameters(loss.backward());
    sgd.step();
  }
  return net.parameters().flatMap((parameter) => Array.from(parameter.data));
}

it.each(cores.map(({ simd }) => simd))(
  'LeNet-5 has the same weights after 300 steps on any threads: %s',
  async (simd) => {
    const weights = [];
    for (const threads of [1, 2, 8]) {
      const core = await createCore({ simd, threads });
      made.push(core);
      expect(core.threads, core.threadsReason).toBe(core.threadsReason ? 1 : threads);
      weights.push(trained(core));
    }
    expect(weights[0].every(Number.isFinite)).toBe(true);
    expect(weights[1]).toEqual(weights[0]);
    expect(weights[2]).toEqual(weights[0]);
  },
);
