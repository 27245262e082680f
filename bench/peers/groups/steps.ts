import type { Group, LayerSpec, Plan } from '../problem.ts';
import { Random } from '../random.ts';
import { ofTerms } from '../tolerance.ts';
import { cnn, lenet, mlp, parameters } from './models.ts';

const train = (
  kernel: string,
  model: readonly LayerSpec[],
  optimizer: 'sgd' | 'adam',
  lr: number,
  inputShape: readonly number[],
): Plan => ({
  kernel,
  shape: `batch ${inputShape[0]}, ${optimizer === 'sgd' ? 'SGD' : 'Adam'}`,
  // Losses of the first steps: gradients and updates must agree for the later ones to.
  tolerance: 1e-4,
  checkedCalls: 4,
  problem: () => {
    const random = new Random(4);
    const operands = {
      x: random.uniform(inputShape, 0, 1),
      labels: random.labels(inputShape[0], 10),
      ...parameters(model, random),
    };
    return { op: 'train', sizes: { model, optimizer, lr }, operands };
  },
});

export const group: Group = {
  name: 'steps',
  title: 'Whole steps',
  about:
    'One training step is forward, mean cross-entropy, backward and the optimizer; the last row is the forward pass of one sample, where the overhead of a call shows.',
  plans: [
    train('MLP 784-128-10', mlp, 'sgd', 0.05, [32, 784]),
    train('LeNet-5', lenet, 'sgd', 0.05, [32, 1, 28, 28]),
    train('CNN 3×32×32', cnn, 'adam', 1e-3, [32, 3, 32, 32]),
    {
      kernel: 'MLP 784-128-10',
      shape: 'forward, batch 1',
      tolerance: ofTerms(784),
      problem: () => {
        const random = new Random(4);
        const operands = { x: random.uniform([1, 784], 0, 1), ...parameters(mlp, random) };
        return { op: 'predict', sizes: { model: mlp }, operands };
      },
    },
  ],
};
