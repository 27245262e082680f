import {
  AvgPool2d,
  mean as averages,
  Conv2d,
  CrossEntropyLoss,
  embedding,
  Flatten,
  GELU,
  Graph,
  gelu,
  LayerNorm,
  Linear,
  MaxPool2d,
  type Node,
  Parameter,
  ReLU,
  Sequential,
  type Tensor,
  tanh,
  transpose,
} from '../../../src/index.ts';
import { batchNorm } from '../../formulas/normalization.ts';
import { lstm, unroll, zeroState } from '../../formulas/recurrent.ts';
import { type Context, copyOf, type Mapping, type Results } from '../context.ts';
import { optimizers } from './optimizer.ts';

/** What is trained: a layer, or something like one. */
interface Network {
  forward(x: Tensor): Tensor;
  backward(dy: Tensor): unknown;
  parameters(): Parameter[];
  eval(): { forward(x: Tensor): Tensor };
  dispose(): void;
}

/**
 * Full-batch training by the case's optimizer under the mean cross entropy. Expected are the loss before each step, the
 * gradients of the first step, and the logits and weights at the end.
 * @param names the parameters under the case's names for them
 */
function train(c: Context, model: Network, names: Record<string, Parameter | null>, input = 'x'): Results {
  c.own(model);
  const named = Object.entries(names) as [string, Parameter][];
  for (const [name, parameter] of named) c.load(parameter, name);
  const optimizer = c.own(optimizers[c.attr('optimizer', 'sgd')](c, model.parameters()));
  const loss = c.own(new CrossEntropyLoss(c.options));
  const [x, target] = [c.tensor(input), c.tensor('target')];
  const losses = new Float64Array(c.attr('steps', 1));
  const results: Results = { losses: { shape: [losses.length], data: losses } };
  for (let s = 0; s < losses.length; s++) {
    optimizer.zeroGrad();
    losses[s] = loss.forward(model.forward(x), target);
    model.backward(loss.backward());
    if (s === 0) for (const [name, { grad }] of named) results[`grad1.${name}`] = c.asInput(name, grad);
    optimizer.step();
  }
  for (const [name, parameter] of named) results[`final.${name}`] = c.asInput(name, parameter);
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

  'train:bn-depthwise': (c) => {
    const [conv, depthwise, pointwise] = ['conv1_w', 'dw_w', 'pw_w'].map((name, i) => {
      const [O, perGroup, ...kernel] = c.values(name).shape;
      const options = [{ stride: 2, padding: 1, bias: false }, { padding: 1, groups: O }, {}][i];
      return new Conv2d(perGroup * (options.groups ?? 1), O, kernel as [number, number], { ...c.options, ...options });
    });
    const fc = linearLike(c, 'fc_w');
    const pool = new AvgPool2d(2, c.options);
    const [w, b] = ['bn_w', 'bn_b'].map((name) =>
      c.own(new Parameter(c.core, [...c.values(name).shape, 1, 1], c.dtype)),
    );
    // The running statistics are inputs, and in training results as well.
    const networkOf = (isTraining: boolean) => {
      const options = { training: isTraining, momentum: 0.1, eps: 1e-5 };
      return (x: Node, mean: Node, variance: Node) => {
        const { y, running } = batchNorm(conv.apply(x), { mean, variance }, options, w, b);
        const features = gelu(pointwise.apply(pool.apply(depthwise.apply(tanh(y)))));
        const logits = fc.apply(averages(features, [2, 3]));
        return isTraining ? [logits, running.mean, running.variance] : [logits];
      };
    };
    const names = { conv, w, b, depthwise, pointwise, fc };
    const training = new Graph(networkOf(true), { names });
    const evaluation = c.own(new Graph(networkOf(false), { names }));
    const statistics = [c.tensor('bn_mean'), c.tensor('bn_var')] as const;
    const model: Network = {
      forward: (x) => {
        const [logits, ...moved] = [training.forward(x, ...statistics)].flat();
        moved.forEach((values, i) => void statistics[i].set(values.data));
        return logits;
      },
      backward: (dy) => training.backward(dy, undefined, undefined),
      parameters: () => training.parameters(),
      eval: () => ({ forward: (x) => [evaluation.forward(x, ...statistics)].flat()[0] }),
      dispose: () => training.dispose(),
    };
    const results = train(c, model, {
      ...{ conv1_w: conv.weight, bn_w: w, bn_b: b, dw_w: depthwise.weight, dw_b: depthwise.bias },
      ...{ pw_w: pointwise.weight, pw_b: pointwise.bias, fc_w: fc.weight, fc_b: fc.bias },
    });
    return { ...results, 'final.bn_mean': copyOf(statistics[0]), 'final.bn_var': copyOf(statistics[1]) };
  },

  'train:lstm-classifier': (c) => {
    const emb = c.own(new Parameter(c.core, c.values('emb').shape, c.dtype));
    const [ih, hh, fc] = ['weight_ih', 'weight_hh', 'fc_w'].map((name) => linearLike(c, name));
    const hidden = c.values('weight_hh').shape[1];
    const network = (ids: Node) => {
      const fromX = ih.apply(transpose(embedding(ids, emb), 0, 1));
      const start = zeroState(fromX, hidden);
      const { state } = unroll(
        lstm((h) => hh.apply(h)),
        fromX,
        [start, start],
      );
      return fc.apply(state[0]);
    };
    const parameters = {
      ...{ emb, weight_ih: ih.weight, weight_hh: hh.weight, bias_ih: ih.bias, bias_hh: hh.bias },
      ...{ fc_w: fc.weight, fc_b: fc.bias },
    };
    return train(c, new Graph(network, { names: { emb, ih, hh, fc } }), parameters, 'ids');
  },
};

function linearLike(c: Context, weight: string): Linear {
  const [O, I] = c.values(weight).shape;
  return new Linear(I, O, c.options);
}
