import { backward, forward, halfSquaredError, type LogisticLayer, step } from './logistic-network.ts';

// Matt Mazur, "A Step by Step Backpropagation Example" (2015): his inputs, targets and starting weights.
const x = [0.05, 0.1];
const target = [0.01, 0.99];
const lr = 0.5;
const layers: LogisticLayer[] = [
  {
    weight: [
      [0.15, 0.2],
      [0.25, 0.3],
    ],
    bias: [0.35, 0.35],
  },
  {
    weight: [
      [0.4, 0.45],
      [0.5, 0.55],
    ],
    bias: [0.6, 0.6],
  },
];

/** The layers after `steps` steps on the weights; the biases stay. */
function trained(steps: number): LogisticLayer[] {
  let now = layers;
  for (let i = 0; i < steps; i++) now = step(now, x, target, lr, false);
  return now;
}

const results = (steps: number) => {
  const after = trained(steps);
  const states = forward(after, x);
  return { layers: after, states, error: halfSquaredError(states[1].a, target) };
};

const after1 = results(1);
const after10000 = results(10_000);

export const mazur = {
  ...{ x, target, lr, layers, after1, after10000 },
  states: forward(layers, x),
  gradients: backward(layers, x, target),
  error: results(0).error,
};
