import { expect, it } from 'vitest';
import {
  add,
  Dropout,
  embedding,
  Graph,
  Linear,
  mul,
  Parameter,
  relu,
  SGD,
  sum,
  Tensor,
  tanh,
} from '../../src/index.ts';
import { newCore } from '../support/builds.ts';

const core = await newCore({ simd: 'plain' });
const collect = (globalThis as { gc?: () => void }).gc as () => void;

/**
 * Bytes of the JavaScript heap that a warm step takes, and those that the collector does not find again. The compiler's
 * own memory comes and goes, so the least of several rounds counts: what steps take, they take in every round.
 */
function bytesPerStep(step: () => void, steps = 2000): { allocated: number; retained: number } {
  let [allocated, retained] = [Infinity, Infinity];
  for (let round = 0; round < 6; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < steps; i++) step();
    allocated = Math.min(allocated, (process.memoryUsage().heapUsed - before) / steps);
    collect();
    retained = Math.min(retained, (process.memoryUsage().heapUsed - before) / steps);
  }
  return { allocated, retained };
}

const [fc1, fc2, dropout] = [new Linear(8, 16, { core }), new Linear(16, 4, { core }), new Dropout(0.3, { core })];
const net = new Graph((x) => sum(tanh(fc2.apply(dropout.apply(relu(add(fc1.apply(x), 0.1)))))));
const x = Tensor.randn([8, 8], { core });

it('leaves nothing behind in training, and little for the collector', () => {
  const optimizer = new SGD(net.parameters(), { lr: 1e-3 });
  const { retained } = bytesPerStep(() => {
    optimizer.zeroGrad();
    net.forward(x);
    net.backward();
    optimizer.step();
  });
  expect(retained).toBeLessThan(8);
  const passes = bytesPerStep(() => {
    net.forward(x);
    net.backward();
    net.backwardParameters();
  });
  console.log(`forward, backward, backwardParameters: ${passes.allocated.toFixed(0)} bytes a step, all collected`);
  expect(passes.retained).toBeLessThan(8);
  // Next to nothing, once V8 has its last code of everything (test/steps.test.ts); a typed array or a tensor would be more.
  expect(passes.allocated).toBeLessThan(600);
});

it('leaves nothing behind with inputs that change, indices, several results and numbers for gradients', () => {
  const table = Parameter.from([1, 2, 3, 4, 5, 6], [3, 2], { core });
  const index = [0, 1].map((first) => Tensor.from([first, 2, 1], [3], { dtype: 'i32', core }));
  const y = [0, 1].map(() => Tensor.randn([3, 2], { core }));
  const graph = new Graph((i, y) => {
    const rows = embedding(i, table);
    return [sum(mul(rows, y)), add(rows, y)];
  });
  let step = 0;
  const { retained, allocated } = bytesPerStep(() => {
    step = 1 - step;
    graph.forward(index[step], y[1 - step]);
    graph.backward(step, undefined);
    graph.backwardParameters(1, y[step]);
  });
  expect(retained).toBeLessThan(8);
  expect(allocated).toBeLessThan(2000);
});
