import { expect, it } from 'vitest';
import {
  Conv2d,
  type Core,
  Flatten,
  type FloatDType,
  Linear,
  loadSafetensors,
  MaxPool2d,
  ReLU,
  Sequential,
  saveSafetensors,
  Tensor,
} from '../src/index.ts';
import { readSafetensors } from './golden/format.ts';
import { forEachBuild } from './support/builds.ts';
import { expectClose } from './support/close.ts';
import { readBytes } from './support/files.ts';

const read = (name: string) => readBytes(`test/golden/weights/${name}.safetensors`);
const weights = await read('lenet-digits');
const expected = readSafetensors(await read('lenet-digits-expected'));
const [logits, digits] = ['logits', 'x'].map(
  (name) => expected.get(name) as NonNullable<ReturnType<typeof expected.get>>,
);

function lenet(options: { core: Core; dtype: FloatDType }): Sequential {
  // biome-ignore format: as in the file's own description
  return new Sequential(
    new Conv2d(1, 6, 5, { ...options, padding: 2 }), new ReLU(options), new MaxPool2d(2, options),
    new Conv2d(6, 16, 5, options), new ReLU(options), new MaxPool2d(2, options),
    new Flatten(1, -1, options),
    new Linear(400, 120, options), new ReLU(options), new Linear(120, 84, options), new ReLU(options),
    new Linear(84, 10, options),
  );
}

/** The longest chain of products, from a pixel to a logit: each layer's reduction length, and its bias. */
const terms = 25 + 150 + 400 + 120 + 84 + 5;

forEachBuild((core, dtype) => {
  it("gives PyTorch's logits from PyTorch's LeNet weights", () => {
    const model = lenet({ core, dtype });
    const state = loadSafetensors(weights, { core });
    model.loadStateDict(state);
    const x = Tensor.from(digits.data, digits.shape, { core, dtype });
    const y = model.eval().forward(x);
    expect(y.shape).toEqual(logits.shape);
    expectClose(y.data, logits.data, { dtype, terms });

    const saved = loadSafetensors(saveSafetensors(model.stateDict()), { core });
    expect(Object.keys(saved).sort()).toEqual(Object.keys(state).sort());
    for (const [name, tensor] of Object.entries(state)) {
      expect(saved[name].dtype).toBe(dtype);
      expect(saved[name].shape).toEqual(tensor.shape);
      expect([...saved[name].data]).toEqual([...tensor.data]);
    }
    model.dispose();
    for (const tensor of [x, ...Object.values(state), ...Object.values(saved)]) tensor.dispose();
  });
});
