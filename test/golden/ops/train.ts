import {
  Conv2d,
  CrossEntropyLoss,
  Flatten,
  GELU,
  type Layer,
  LayerNorm,
  Linear,
  MaxPool2d,
  type Parameter,
  ReLU,
  Sequential,
} from '../../../src/index.ts';
import { type Context, copyOf, type Mapping, type Results } from '../context.ts';
import { optimizers } from './optimizer.ts';

/**
 * Full-batch training by the case's optimizer under the mean cross entropy. Expected are the loss before each step, the
 * gradients of the first step, and the logits and weights at the end.
 * @param names the parameters under the case's names for them
 */
function train(c: Context, model: Layer, names: Record<string, Parameter | null>): Results {
  c.own(model);
  const named = Object.entries(names) as [string, Parameter][];
  for (const [name, parameter] of named) c.load(parameter, name);
  const optimizer = c.own(optimizers[c.attr('optimizer', 'sgd')](c, model.parameters()));
  const loss = c.own(new CrossEntropyLoss(c.options));
  const [x, target] = [c.tensor('x'), c.tensor('target')];
  const losses = new Float64Array(c.attr('steps', 1));
  const results: Results = { losses: { shape: [losses.length], data: losses } };
  for (let s = 0; s < losses.length; s++) {
    optimizer.zeroGrad();
    losses[s] = loss.forward(model.forward(x), target);
    model.backward(loss.backward());
    if (s === 0) for (const [name, { grad }] of named) results[`grad1.${name}`] = copyOf(grad);
    optimizer.step();
  }
  for (const [name, parameter] of named) results[`final.${name}`] = copyOf(parameter);
  results.final_logits = copyOf(model.eval().forward(x));
  return results;
}

export const training: Record<string, Mapping> = {
  'train:lenet': (c) => {
    const [conv1, conv2] = ['conv1_w', 'conv2_w'].map((name, i) => {
      const [O, I, ...kernel] = c.values(name).shape;
      return new Conv2d(I, O, kernel as [number, number], { ...c.options, padding: i === 0 ? 2 : 0 });
    });
    const [fc1, fc2] = ['fc1_w', 'fc2_w'].map((name) => linearLike(c, name));
    const block = (conv: Conv2d) => [conv, new ReLU(c.options), new MaxPool2d(2, c.options)];
    const head = [new Flatten(1, -1, c.options), fc1, new ReLU(c.options), fc2];
    return train(c, new Sequential(...block(conv1), ...block(conv2), ...head), {
      ...{ conv1_w: conv1.weight, conv1_b: conv1.bias, conv2_w: conv2.weight, conv2_b: conv2.bias },
      ...{ fc1_w: fc1.weight, fc1_b: fc1.bias, fc2_w: fc2.weight, fc2_b: fc2.bias },
    });
  },

  'train:mlp-layernorm': (c) => {
    const [first, last] = ['w1', 'w2'].map((name) => linearLike(c, name));
    const norm = new LayerNorm(c.values('ln_w').shape, c.options);
    return train(c, new Sequential(first, norm, new GELU(c.options), last), {
      ...{ w1: first.weight, b1: first.bias, ln_w: norm.weight, ln_b: norm.bias, w2: last.weight, b2: last.bias },
    });
  },
};

function linearLike(c: Context, weight: string): Linear {
  const [O, I] = c.values(weight).shape;
  return new Linear(I, O, c.options);
}
