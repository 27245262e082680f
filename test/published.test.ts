import { describe, expect, it } from 'vitest';
import {
  Adam,
  add,
  Conv2d,
  CrossEntropyLoss,
  div,
  Graph,
  Linear,
  MaxPool2d,
  mean,
  mul,
  type Node,
  neg,
  Parameter,
  pow,
  ReLU,
  RMSprop,
  relu,
  reshape,
  Sequential,
  SGD,
  Sigmoid,
  sub,
  sum,
  Tensor,
  tanh,
} from '../src/index.ts';
import { linear as linearGate } from './formulas/linear.ts';
import { elman, lstm } from './formulas/recurrent.ts';
import { cores } from './support/builds.ts';
import { listFiles, readText } from './support/files.ts';

/** Printed results of courses and articles: beside the project, where it was set up with them. */
const directory = '../shared/golden/published/';

type Numbers = number | readonly Numbers[];

interface Published {
  id: string;
  inputs: Record<string, Numbers>;
  published: Record<string, Numbers>;
  /** Decimals that were printed, of all figures or of each. */
  decimals: number | Record<string, number>;
}

/** micrograd's demo: data, weights by name, and what its notebook printed. */
interface Moons {
  X: Numbers;
  y: Numbers;
  params: Record<string, Numbers>;
  published_losses: number[];
  published_accuracy: number[];
}

const isHere = (await listFiles(directory)).length > 0;
const read = async (name: string) => JSON.parse(await readText(directory + name));
const cases: Published[] = isHere ? await read('published-open.json') : [];
const moons: Moons | undefined = isHere ? await read('micrograd-moons.json') : undefined;

const flat = (numbers: Numbers): number[] => (typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat));
const shapeOf = (numbers: Numbers): number[] =>
  typeof numbers === 'number' ? [] : [numbers.length, ...shapeOf(numbers[0])];

const [core] = cores;
const f64 = { core, dtype: 'f64' } as const;
const tensor = (numbers: Numbers) => Tensor.from(flat(numbers), shapeOf(numbers), f64);

/** A parameter with its gradient. */
function parameter(value: Numbers, gradient: Numbers): Parameter {
  const made = new Parameter(core, shapeOf(value), 'f64');
  made.set(flat(value));
  made.grad.set(flat(gradient));
  return made;
}

function loaded(layer: Linear | Conv2d, weight: Numbers, bias: Numbers): typeof layer {
  layer.weight.set(flat(weight));
  layer.bias?.set(flat(bias));
  return layer;
}

function linear(weight: Numbers, bias: Numbers): Linear {
  const [O, I] = shapeOf(weight);
  return loaded(new Linear(I, O, f64), weight, bias) as Linear;
}

/** A circuit of numbers: its value, and the gradient of each. */
function circuit(build: (...nodes: Node[]) => Node, numbers: Numbers[]) {
  const graph = new Graph(build, f64);
  const value = graph.forward(...numbers.map(tensor)).toArray();
  return { value, gradients: [graph.backward()].flat().map((gradient) => gradient.toArray()) };
}

const sumOfSquares = (numbers: Numbers) => flat(numbers).reduce((sum, value) => sum + value ** 2, 0);

/** Computes what was published of a case, by the library. */
const mappings: Record<string, (inputs: Record<string, Numbers>) => Record<string, ArrayLike<number>>> = {
  'cs231n/affine_forward': ({ x, w, b }) => ({ y: linear(w, b).forward(tensor(x)).data }),

  'cs231n/relu_forward': ({ x }) => ({ y: new ReLU(f64).forward(tensor(x)).data }),

  'cs231n/two_layer_net_1': ({ x, target, w1, w2 }) => {
    const zeros = (weight: Numbers) => new Array<number>(shapeOf(weight)[0]).fill(0);
    const model = new Sequential(linear(w1, zeros(w1)), new ReLU(f64), linear(w2, zeros(w2)));
    const scores = model.forward(tensor(x));
    const labels = Tensor.from(flat(target), shapeOf(target), { core, dtype: 'i32' });
    const entropy = new CrossEntropyLoss(f64).forward(scores, labels);
    return { scores: scores.data, loss: [entropy + 0.05 * (sumOfSquares(w1) + sumOfSquares(w2))] };
  },

  // v ← 0.9v − lr·g, w ← w + v: PyTorch's momentum buffer is −v/lr.
  'cs231n/sgd_momentum': ({ w, g, velocity }) => {
    const lr = 1e-3;
    const p = parameter(w, g);
    const optimizer = new SGD([p], { lr, momentum: 0.9 });
    const state = optimizer.stateDict();
    state['0.step'].fill(1);
    state['0.momentum_buffer'].set(flat(velocity).map((v) => -v / lr));
    optimizer.step();
    return { w: p.data, velocity: Array.from(state['0.momentum_buffer'].data, (buffer) => -lr * buffer) };
  },

  'cs231n/rmsprop': ({ w, g, cache }) => {
    const p = parameter(w, g);
    const optimizer = new RMSprop([p], { lr: 1e-2, alpha: 0.99, eps: 1e-8 });
    optimizer.loadStateDict({ '0.square_avg': tensor(cache) });
    optimizer.step();
    return { w: p.data, cache: optimizer.stateDict()['0.square_avg'].data };
  },

  'cs231n/adam': ({ w, g, m, v }) => {
    const p = parameter(w, g);
    const optimizer = new Adam([p], { lr: 1e-2, betas: [0.9, 0.999], eps: 1e-8 });
    const step = Tensor.from([5], [], { core, dtype: 'i32' });
    optimizer.loadStateDict({ '0.step': step, '0.exp_avg': tensor(m), '0.exp_avg_sq': tensor(v) });
    optimizer.step();
    const state = optimizer.stateDict();
    return { w: p.data, m: state['0.exp_avg'].data, v: state['0.exp_avg_sq'].data };
  },

  'cs231n/conv_forward': ({ x, w, b }) => {
    const [O, I, ...kernel] = shapeOf(w);
    const layer = new Conv2d(I, O, kernel as [number, number], { ...f64, stride: 2, padding: 1 });
    return { y: loaded(layer, w, b).forward(tensor(x)).data };
  },

  'cs231n/max_pool_forward': ({ x }) => ({ y: new MaxPool2d(2, f64).forward(tensor(x)).data }),

  'cs231n/notes sigmoid neuron': ({ w, x }) => {
    const [w0, w1, bias] = flat(w);
    const neuron = linear([[w0, w1]], [bias]);
    const sigmoid = new Sigmoid(f64);
    const f = sigmoid.forward(neuron.forward(tensor([flat(x)])));
    const dx = neuron.backward(sigmoid.backward(Tensor.ones([1, 1], f64)));
    return { f: f.data, dw: [...neuron.weight.grad.data, ...(neuron.bias?.grad.data ?? [])], dx: dx.data };
  },

  'cs231n/notes f=(x+y)z': ({ x, y, z }) => {
    const { value, gradients } = circuit((x, y, z) => mul(add(x, y), z), [x, y, z]);
    return { f: value, dx: gradients[0], dy: gradients[1], dz: gradients[2] };
  },

  'cs231n/rnn_step': ({ x, h, w_ih, w_hh, b }) => {
    const step = new Graph((x, h, ih, hh, b) => {
      const cell = elman((state) => linearGate(state, hh), tanh);
      return cell(linearGate(x, ih, b), [h])[0];
    }, f64);
    return { h: step.forward(tensor(x), tensor(h), tensor(w_ih), tensor(w_hh), tensor(b)).data };
  },

  'cs231n/lstm_step': ({ x, h0, c0, w_ih, w_hh, b }) => {
    const step = new Graph((x, h, c, ih, hh, b) => {
      const cell = lstm((state) => linearGate(state, hh));
      const fromX = linearGate(x, ih, b);
      return cell(reshape(fromX, [fromX.shape[0], -1]), [h, c]);
    }, f64);
    const state = [tensor(h0), tensor(c0)] as const;
    const [h, c] = step.forward(tensor(x), ...state, tensor(w_ih), tensor(w_hh), tensor(b));
    return { h: h.data, c: c.data };
  },

  'micrograd/README': ({ a, b }) => {
    const { value, gradients } = circuit(
      (a, b) => {
        let c = add(a, b);
        let d = add(mul(a, b), pow(b, 3));
        c = add(c, add(c, 1));
        c = add(c, sub(add(1, c), a));
        d = add(d, add(mul(d, 2), relu(add(b, a))));
        d = add(d, add(mul(3, d), relu(sub(b, a))));
        const f = pow(sub(c, d), 2);
        return add(div(f, 2), div(10, f));
      },
      [a, b],
    );
    return { g: value, da: gradients[0], db: gradients[1] };
  },

  'mazur/backprop': ({ x, target, w1, b1, w2, b2 }) => mazur(x, target, linear(w1, b1), linear(w2, b2)),
};

/** Mazur's 2-2-2 network of sigmoids under E = Σ ½(t − o)², 10 000 steps of SGD on the weights alone. */
function mazur(x: Numbers, target: Numbers, hidden: Linear, output: Linear): Record<string, ArrayLike<number>> {
  const [first, second] = [new Sigmoid(f64), new Sigmoid(f64)];
  const model = new Sequential(hidden, first, output, second);
  const optimizer = new SGD([hidden.weight, output.weight], { lr: 0.5 });
  const [input, t] = [tensor([flat(x)]), flat(target)];
  const error = (o: ArrayLike<number>) => t.reduce((sum, value, i) => sum + 0.5 * (value - o[i]) ** 2, 0);
  const forward = () => model.forward(input).toArray();
  const results: Record<string, ArrayLike<number>> = {};
  for (let step = 0; step < 10_000; step++) {
    const o = forward();
    if (step === 0) Object.assign(results, { out_h: first.forward(hidden.forward(input)).toArray(), out_o: o });
    if (step < 2) results[`error_${step}`] = [error(o)];
    optimizer.zeroGrad();
    model.backward(tensor([Array.from(o, (value, i) => value - t[i])]));
    optimizer.step();
    if (step > 0) continue;
    results.w1_after = hidden.weight.toArray();
    results.w2_after = output.weight.toArray();
  }
  const last = forward();
  return { ...results, error_10000: [error(last)], out_o_10000: last };
}

it.skipIf(isHere)('published figures are not here', (context) => context.skip(`no ${directory}`));

describe('published figures', () => {
  for (const { id, inputs, published, decimals } of cases) {
    it(id, () => {
      const results = mappings[id](inputs);
      for (const [name, figures] of Object.entries(published)) {
        const printed = typeof decimals === 'number' ? decimals : decimals[name];
        flat(figures).forEach((figure, i) => {
          // Half a unit of the last decimal, and what the printed figure's own binary form is off by.
          const allowed = 0.5 * 10 ** -printed + 1e-15;
          expect(Math.abs(results[name][i] - figure), `${name}[${i}]`).toBeLessThanOrEqual(allowed);
        });
      }
    });
  }

  // Loss mean(relu(1 − y·score)) + 1e-4·Σp² over all parameters, which is a weight decay of 2e-4.
  it.skipIf(!moons)("micrograd's demo: 100 losses and accuracies of full-batch training", () => {
    const { X, y, params, published_losses, published_accuracy } = moons as Moons;
    const [first, second, third] = [1, 2, 3].map((i) => linear(params[`w${i}`], params[`b${i}`]));
    const model = new Sequential(first, new ReLU(f64), second, new ReLU(f64), third);
    const optimizer = new SGD(model.parameters(), { lr: 1, weightDecay: 2e-4 });
    const [x, sign] = [tensor(X), flat(y)];
    published_losses.forEach((published, k) => {
      const scores = model.forward(x).toArray();
      const hinge = sign.map((label, i) => Math.max(0, 1 - label * scores[i]));
      const penalty = model.parameters().reduce((sum, { data }) => sum + sumOfSquares([...data]), 0);
      const loss = hinge.reduce((sum, value) => sum + value, 0) / sign.length + 1e-4 * penalty;
      expect(Math.abs(loss - published) / published, `loss ${k}`).toBeLessThan(1e-12);
      const right = sign.filter((label, i) => label > 0 === scores[i] > 0).length;
      expect((100 * right) / sign.length, `accuracy ${k}`).toBeCloseTo(published_accuracy[k], 9);
      optimizer.zeroGrad();
      const gradient = sign.map((label, i) => (hinge[i] > 0 ? -label / sign.length : 0));
      model.backward(Tensor.from(gradient, [sign.length, 1], f64));
      optimizer.lr = 1 - (0.9 * k) / 100;
      optimizer.step();
    });
  });

  // The same as its notebook has it: the loss is an expression of the data and all parameters, p ← p − lr·∂loss/∂p.
  it.skipIf(!moons)("micrograd's demo as one graph", () => {
    const { X, y, params, published_losses } = moons as Moons;
    const graph = new Graph((x: Node, sign: Node, ...parameters: Node[]) => {
      const [w1, b1, w2, b2, w3, b3] = parameters;
      const hidden = relu(linearGate(relu(linearGate(x, w1, b1)), w2, b2));
      const score = reshape(linearGate(hidden, w3, b3), [-1]);
      const hinge = relu(add(1, mul(neg(sign), score)));
      const penalty = parameters.map((p) => sum(mul(p, p))).reduce((total, squares) => add(total, squares));
      return add(mean(hinge), mul(1e-4, penalty));
    }, f64);
    const parameters = ['w1', 'b1', 'w2', 'b2', 'w3', 'b3'].map((name) => tensor(params[name]));
    const data = [tensor(X), tensor(y)] as const;
    published_losses.forEach((published, k) => {
      const loss = graph.forward(...data, ...parameters).data[0];
      expect(Math.abs(loss - published) / published, `loss ${k}`).toBeLessThan(1e-12);
      const gradients = graph.backward().slice(data.length);
      parameters.forEach(
        (p, i) => void p.set(p.data.map((value, at) => value - (1 - 0.009 * k) * gradients[i].data[at])),
      );
    });
  });
});
