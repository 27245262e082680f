import { init, Optimizer, type OptimizerSettings } from 'simdgrad';
import { afterEach, expect, test, vi } from 'vitest';
import type { Interrupt } from '../../examples/interrupt.ts';
import type { Output } from '../../examples/output.ts';
import { parseSettings } from '../../examples/settings.ts';
import { train } from '../../examples/training.ts';

afterEach(() => vi.restoreAllMocks());

const set = (count: number) => ({
  images: new Float32Array(count * 784),
  labels: Int32Array.from({ length: count }, (_, n) => n % 10),
});
const digits = { source: 'blank paper', train: set(20), test: set(10) };
const silent = { start() {}, startEpoch() {}, step() {}, endEpoch() {} } as unknown as Output;
const uninterrupted = { requested: false } as Interrupt;

test.each([
  ['lenet', [0.4, 0.4, 0.4, 0.4]],
  ['resnet', [0.4, 0.3, 0.2, 0.1]],
])('the learning rate of each step of %s', async (model, expected) => {
  const rates: number[] = [];
  vi.spyOn(Optimizer.prototype, 'step').mockImplementation(function (this: Optimizer<OptimizerSettings>) {
    rates.push(this.lr);
  });
  const settings = parseSettings(['--model', model, '--epochs', '2', '--batch-size', '10', '--lr', '0.4']);
  const { run } = await train(settings, digits, await init(), silent, uninterrupted);
  expect(rates.map((rate) => Number(rate.toFixed(6)))).toEqual(expected);
  expect(run.interrupted).toBe(false);
});

test('what the run says of its model', async () => {
  const settings = parseSettings(['--model', 'resnet', '--epochs', '1', '--batch-size', '1000']);
  const { run } = await train(settings, digits, await init(), silent, uninterrupted);
  expect(run).toMatchObject({ title: 'ResNet', lrFalls: true, filterSide: 5 });
  expect(run.filters.length).toBe(16);
  expect(run.graph?.training.batchSize).toBe(20); // there are no more
  expect(run.graph?.dot).toContain('[20, 1, 28, 28]');

  const lenet = await train(parseSettings(['--epochs', '1']), digits, await init(), silent, uninterrupted);
  expect(lenet.run).toMatchObject({ title: 'LeNet-5', lrFalls: false, filterSide: 5, graph: undefined });
  expect(lenet.run.filters.length).toBe(6);
});
