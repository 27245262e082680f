import { CrossEntropyLoss, gradCheck, init, manualSeed, Tensor } from 'simdgrad';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { resnet } from '../../examples/resnet.ts';

beforeAll(async () => {
  await init();
});
beforeEach(() => {
  manualSeed(7);
});

test('names and shapes of the state', () => {
  const state = resnet().stateDict();
  const names = Object.keys(state);
  expect(names.slice(0, 6)).toEqual([
    'stem.weight',
    'stem.bias',
    'stage1.0.body.conv1.weight',
    'stage1.0.body.conv1.bias',
    'stage1.0.body.conv2.weight',
    'stage1.0.body.conv2.bias',
  ]);
  expect(names.length).toBe(2 * (1 + 2 * 3 * 2 + 1 + 1)); // weight and bias: stem, convolutions of blocks, shortcut, fc
  expect(state['stem.weight'].shape).toEqual([16, 1, 5, 5]);
  expect(state['stage2.0.body.conv1.weight'].shape).toEqual([32, 16, 3, 3]);
  expect(state['stage2.0.shortcut.weight'].shape).toEqual([32, 16, 1, 1]);
  expect(state['stage2.2.body.conv2.weight'].shape).toEqual([32, 32, 3, 3]);
  expect(state['fc.weight'].shape).toEqual([10, 32]);
});

test('every gradient, in f64', () => {
  const model = resnet({ width: 2, dtype: 'f64' });
  // Blocks start as the identity, through whose zeros conv1 would get no gradient.
  for (const parameter of model.parameters()) parameter.fillNormal(0, 0.5);
  const { maxRelativeError } = gradCheck(model, [2, 1, 8, 8]);
  expect(maxRelativeError).toBeLessThan(1e-6);
});

test('blocks start as the identity, so that only the last convolutions hear of the first loss', () => {
  const model = resnet({ width: 2 });
  const loss = new CrossEntropyLoss();
  loss.forward(model.forward(Tensor.randn([4, 1, 28, 28])), Tensor.from(new Int32Array([1, 2, 3, 4])));
  model.backwardParameters(loss.backward());
  const silent = model
    .namedParameters()
    .filter(([, { grad }]) => grad.data.every((gradient) => gradient === 0))
    .map(([name]) => name);
  expect(silent.length).toBe(2 * 6);
  for (const name of silent) expect(name).toMatch(/body\.conv1\.(weight|bias)$/);
});

test('evaluation gives the logits of training in a fraction of the memory', () => {
  const model = resnet();
  const x = Tensor.randn([8, 1, 28, 28]);
  for (const parameter of model.parameters()) parameter.fillNormal(0, 0.1);
  const trained = model.forward(x).toArray();
  const training = model.memory();
  expect(model.eval().forward(x).toArray()).toEqual(trained);
  const evaluation = model.memory();
  expect(evaluation.planned).toBeLessThan(training.planned / 3);
  expect(training.planned).toBeLessThan(training.naive / 3);
});
