import { describe, expect, it } from 'vitest';
import {
  Adam,
  Conv2d,
  type Core,
  CrossEntropyLoss,
  createCore,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  manualSeed,
  OutOfMemoryError,
  ReLU,
  Sequential,
  SGD,
  Tensor,
} from '../src/index.ts';
import { forEachBuild, newCore } from './support/builds.ts';

/** A small convolutional net with everything that keeps a buffer between forward and backward. */
const smallNet = (core: Core, dtype: 'f32' | 'f64' = 'f32') => {
  const options = { core, dtype };
  return new Sequential(
    new Conv2d(1, 2, 3, { padding: 1, ...options }),
    new ReLU(options),
    new MaxPool2d(2, options),
    new Flatten(1, -1, options),
    new Dropout(0.2, options),
    new Linear(18, 3, options),
  );
};

forEachBuild((core, dtype) => {
  it('learns three patterns by heart, the same way from the same seed', () => {
    const train = () => {
      manualSeed(4, { core });
      const model = smallNet(core, dtype);
      const loss = new CrossEntropyLoss({ core, dtype });
      const optimizer = new Adam(model.parameters(), { lr: 0.02 });
      const x = Tensor.randn([6, 1, 6, 6], { core, dtype });
      const labels = Tensor.from([0, 1, 2, 0, 1, 2], [6], { dtype: 'i32', core });
      const losses: number[] = [];
      for (let step = 0; step < 120; step++) {
        optimizer.zeroGrad();
        losses.push(loss.forward(model.forward(x), labels));
        model.backwardParameters(loss.backward());
        optimizer.step();
      }
      const result = { losses, weights: model.parameters().flatMap((parameter) => [...parameter.data]) };
      for (const owner of [model, loss, optimizer, x, labels]) owner.dispose();
      return result;
    };
    const { liveBytes, liveTensors } = core.memory.stats();
    const first = train();
    const { liveBytes: after } = core.memory.stats();
    expect(first.losses[119]).toBeLessThan(0.3 * first.losses[0]);
    expect(train()).toEqual(first);
    // Only the scratch block, which is the core's own, may have grown.
    expect(core.memory.stats()).toMatchObject({ liveTensors, liveBytes: after });
    expect(after).toBeGreaterThanOrEqual(liveBytes);
  });
});

describe('memory', () => {
  it('does not change over 10 000 warm training steps', async () => {
    const core = await newCore({ simd: 'plain' });
    const model = smallNet(core);
    const loss = new CrossEntropyLoss({ core });
    const optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
    const labels = Tensor.from([0, 1], [2], { dtype: 'i32', core });
    const x = Tensor.randn([2, 1, 6, 6], { core });
    const step = () => {
      optimizer.zeroGrad();
      loss.forward(model.forward(x), labels);
      model.backward(loss.backward());
      optimizer.step();
    };
    step();
    const warm = core.memory.stats();
    for (let i = 0; i < 10_000; i++) step();
    expect(core.memory.stats()).toEqual(warm);
  });

  it('takes smaller batches into the same buffers', async () => {
    const core = await newCore({ simd: 'plain' });
    const model = smallNet(core);
    const batches = [8, 3, 8, 1, 8].map((n) => Tensor.randn([n, 1, 6, 6], { core }));
    model.backward(model.forward(batches[0]));
    const { liveBytes, liveTensors } = core.memory.stats();
    for (const batch of batches) expect(model.backward(model.forward(batch)).shape).toEqual(batch.shape);
    expect(core.memory.stats()).toMatchObject({ liveBytes, liveTensors });
  });

  it('keeps every tensor intact when memory grows in the middle of a step', async () => {
    const run = async (disturb: (core: Core, i: number) => void) => {
      const core = await newCore({ simd: 'plain' });
      manualSeed(2, { core });
      const model = smallNet(core);
      const loss = new CrossEntropyLoss({ core });
      const optimizer = new Adam(model.parameters());
      const labels = Tensor.from([0, 1], [2], { dtype: 'i32', core });
      const x = Tensor.randn([2, 1, 6, 6], { core });
      for (let i = 0; i < 20; i++) {
        optimizer.zeroGrad();
        const y = model.forward(x);
        disturb(core, i);
        loss.forward(y, labels);
        disturb(core, i);
        model.backward(loss.backward());
        disturb(core, i);
        optimizer.step();
      }
      const { reservedBytes } = core.memory.stats();
      return { reservedBytes, weights: model.parameters().flatMap((parameter) => [...parameter.data]) };
    };
    const held: Tensor[] = [];
    const calm = await run(() => {});
    const grown = await run((core) => held.push(Tensor.ones([200_000], { core })));
    expect(grown.reservedBytes).toBeGreaterThan(4 * calm.reservedBytes);
    expect(grown.weights).toEqual(calm.weights);
    expect(held.every((tensor) => tensor.data[99_999] === 1)).toBe(true);
  });

  it('says when it runs out, and leaves every tensor and layer usable', async () => {
    const core = await createCore({ simd: 'plain', maxMemory: 8 * 2 ** 20 });
    const model = smallNet(core);
    const x = Tensor.randn([2, 1, 6, 6], { core });
    const before = [...model.forward(x).data];
    const weights = model.parameters().map((parameter) => parameter.toArray());
    const large = Tensor.ones([1500, 1, 6, 6], { core });
    const filler: Tensor[] = [];
    expect(() => {
      for (;;) filler.push(Tensor.full([10_000], 3, { core }));
    }).toThrow(OutOfMemoryError);
    expect(() => model.forward(large)).toThrow(
      /out of memory: \d+ bytes do not fit, \d+ of at most 8388608 bytes are in use/,
    );
    expect(filler.every((tensor) => tensor.data.every((value) => value === 3))).toBe(true);
    expect(model.parameters().map((parameter) => parameter.toArray())).toEqual(weights);
    model.eval();
    const after = [...model.forward(x).data];
    for (const tensor of filler) tensor.dispose();
    expect([...model.forward(x).data]).toEqual(after);
    expect(model.forward(large).shape).toEqual([1500, 3]);
    expect(before.length).toBe(after.length);
  });

  it('refuses a wrong upstream gradient before anything changes', async () => {
    const core = await newCore({ simd: 'plain' });
    const layer = new Linear(3, 2, { core });
    layer.forward(Tensor.ones([1, 3], { core }));
    const weights = layer.weight.toArray();
    expect(() => layer.backward(Tensor.ones([1, 3], { core }))).toThrow(
      'Linear.backward: dy expected [1, 2], got [1, 3]',
    );
    expect(layer.weight.toArray()).toEqual(weights);
    expect([...layer.weight.grad.data]).toEqual(new Array(6).fill(0));
  });
});
