// Run by test/steps.test.ts in a process of its own, with a young generation so large that no collection falls into a
// measurement: how many bytes of the JavaScript heap and of linear memory a warm training step takes. Prints JSON.
import {
  Adam,
  Conv2d,
  CrossEntropyLoss,
  Flatten,
  Graph,
  init,
  type Layer,
  Linear,
  MaxPool2d,
  manualSeed,
  ReLU,
  Sequential,
  SGD,
  Tensor,
} from '../../src/index.ts';

const core = await init();
manualSeed(1);

const networks: Record<string, () => { layers: Layer[]; x: Tensor }> = {
  mlp: () => ({
    layers: [new Linear(64, 64), new ReLU(), new Linear(64, 10)],
    x: Tensor.rand([1, 64]),
  }),
  // LeNet-5 on images of 12 × 12: it is what surrounds the kernels that counts.
  lenet: () => ({
    layers: [
      ...[new Conv2d(1, 6, 5, { padding: 2 }), new ReLU(), new MaxPool2d(2)],
      ...[new Conv2d(6, 16, 5), new ReLU(), new MaxPool2d(2), new Flatten()],
      ...[new Linear(16, 120), new ReLU(), new Linear(120, 84), new ReLU(), new Linear(84, 10)],
    ],
    x: Tensor.rand([1, 1, 12, 12]),
  }),
};
const models: Record<string, (layers: Layer[]) => Layer> = {
  sequential: (layers) => new Sequential(...layers),
  graph: (layers) => new Graph((x) => layers.reduce((y, layer) => layer.apply(y), x)),
};

/** Steps until V8 has its last code of nearly everything, steps of one measurement, and measurements: on a busy machine
 *  its compiler comes late. */
const [warm, steps, trials] = [20_000, 500, 60];

/** The least of several measurements: V8's own memory comes and goes, but what a step takes, it takes in every one. */
function bytesOf(step: () => void): number {
  let least = Infinity;
  for (let trial = 0; trial < trials; trial++) {
    for (let i = 0; i < 20; i++) step();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < steps; i++) step();
    const bytes = (process.memoryUsage().heapUsed - before) / steps;
    if (bytes >= 0) least = Math.min(least, bytes); // below: a collection after all
  }
  return least;
}

const [network, model] = process.argv.slice(2);
const { layers, x } = networks[network]();
const net = models[model](layers);
const labels = Tensor.from([3], [1], { dtype: 'i32' });
const loss = new CrossEntropyLoss();
// So slow that the loss stays a number with a fraction: whole ones need no memory.
const lr = 1e-7;
const [adam, sgd] = [new Adam(net.parameters(), { lr }), new SGD(net.parameters(), { lr, momentum: 0.9 })];
let value = 0;
const passes = () => {
  net.forward(x);
  net.backward(loss.backward());
};
const step = () => {
  adam.zeroGrad();
  value = loss.forward(net.forward(x), labels);
  net.backwardParameters(loss.backward());
  adam.step();
  sgd.step();
};

for (let i = 0; i < warm; i++) step();
for (let i = 0; i < warm; i++) passes();
const before = core.memory.stats();
const result = { passes: bytesOf(passes), step: bytesOf(step) };
const after = core.memory.stats();
console.log(JSON.stringify({ ...result, before, after, value }));
