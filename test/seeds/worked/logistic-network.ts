import { dot, type Matrix } from './matrix.ts';

/** One fully connected layer of logistic units. */
export interface LogisticLayer {
  weight: Matrix;
  bias: number[];
}

export const logistic = (z: number) => 1 / (1 + Math.exp(-z));

/** z and a of every layer. */
export function forward(layers: readonly LogisticLayer[], x: number[]) {
  let a = x;
  return layers.map(({ weight, bias }) => {
    const z = weight.map((row, k) => dot(row, a) + bias[k]);
    a = z.map(logistic);
    return { z, a };
  });
}

export const halfSquaredError = (a: readonly number[], target: readonly number[]) =>
  a.reduce((total, value, k) => total + 0.5 * (value - target[k]) ** 2, 0);

/** δ = ∂E/∂z, dW and db of every layer, by the recursion of the derivation. */
export function backward(layers: readonly LogisticLayer[], x: number[], target: number[]) {
  const states = forward(layers, x);
  const gradients: { delta: number[]; dweight: Matrix; dbias: number[] }[] = [];
  let da = states.at(-1)!.a.map((value, k) => value - target[k]);
  for (let l = layers.length - 1; l >= 0; l--) {
    const delta = states[l].a.map((value, k) => da[k] * value * (1 - value));
    const input = l > 0 ? states[l - 1].a : x;
    gradients.unshift({ delta, dweight: delta.map((d) => input.map((value) => d * value)), dbias: [...delta] });
    da = input.map((_, j) => delta.reduce((total, d, k) => total + d * layers[l].weight[k][j], 0));
  }
  return gradients;
}

/** θ ← θ − lr·dθ for weights and, unless they stay, biases. */
export function step(layers: readonly LogisticLayer[], x: number[], target: number[], lr: number, biases = true) {
  const gradients = backward(layers, x, target);
  return layers.map(({ weight, bias }, l) => ({
    weight: weight.map((row, k) => row.map((value, j) => value - lr * gradients[l].dweight[k][j])),
    bias: biases ? bias.map((value, k) => value - lr * gradients[l].dbias[k]) : bias,
  }));
}

const x = [1, 2];
const target = [1];
const lr = 0.5;
const layers: LogisticLayer[] = [
  {
    weight: [
      [0.5, -0.5],
      [1, 0.5],
      [-1, 1],
    ],
    bias: [0.5, -1, -0.5],
  },
  {
    weight: [
      [1, -1, 0.5],
      [0.5, 1, -1],
    ],
    bias: [0, 0.5],
  },
  { weight: [[1, -2]], bias: [0.5] },
];

const states = forward(layers, x);
const gradients = backward(layers, x, target);
const stepped = step(layers, x, target, lr);
const [output] = states[2].a;

export const network = {
  ...{ x, target, lr, layers, states, gradients, stepped },
  error: halfSquaredError(states[2].a, target),
  slope: states.map(({ a }) => a.map((value) => value * (1 - value))),
  outputGradient: output - target[0],
  // ∂E/∂a of the hidden layers: Wᵀδ of the layer behind.
  da: [1, 2].map((l) =>
    layers[l].weight[0].map((_, j) =>
      gradients[l].delta.reduce((total, d, k) => total + d * layers[l].weight[k][j], 0),
    ),
  ),
  newStates: forward(stepped, x),
  newError: halfSquaredError(forward(stepped, x)[2].a, target),
};
