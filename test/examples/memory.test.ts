import { CrossEntropyLoss, init, type Layer, manualSeed } from 'simdgrad';
import { expect, test } from 'vitest';
import { Batches } from '../../examples/batches.ts';
import type { DigitSet } from '../../examples/digits/digit-set.ts';
import { evaluate } from '../../examples/evaluate.ts';
import { lenet5 } from '../../examples/lenet.ts';
import { makeOptimizer } from '../../examples/optimizer.ts';
import { resnet } from '../../examples/resnet.ts';
import { parseSettings } from '../../examples/settings.ts';
import { trainEpoch } from '../../examples/train-epoch.ts';

test.each([
  ['LeNet', lenet5],
  ['ResNet', () => resnet({ width: 4 })],
])('epochs of %s with a short last batch leave the memory as it was', { timeout: 60_000 }, async (_name, make) => {
  const core = await init();
  manualSeed(7);
  const count = 83; // five batches of 16 and one of 3
  const set: DigitSet = {
    images: Float32Array.from({ length: count * 784 }, (_, i) => (i % 97) / 97),
    labels: Int32Array.from({ length: count }, (_, n) => n % 10),
  };
  const model: Layer = make();
  const loss = new CrossEntropyLoss();
  const optimizer = makeOptimizer(parseSettings([]), model.parameters());
  const batches = new Batches(set);
  const epoch = async () => {
    const seen: number[] = [];
    const { steps, images } = await trainEpoch({ model, loss, optimizer }, batches, 16, (_, progress) => {
      seen.push(progress.images);
      return true;
    });
    expect([steps, images]).toEqual([6, count]);
    expect(seen).toEqual([16, 32, 48, 64, 80, 83]);
    await evaluate(model, loss, batches);
    const { liveBytes, liveTensors } = core.memory.stats();
    return { liveBytes, liveTensors };
  };
  await epoch();
  const warm = await epoch();
  for (let i = 0; i < 5; i++) expect(await epoch()).toEqual(warm);
  batches.dispose();
  expect(core.memory.stats().liveTensors).toBe(warm.liveTensors - 2 * 3); // batches of 16, 3 and, to evaluate, 83
});
