import type { Layer } from 'simdgrad';
import { lenet5 } from './lenet.ts';
import { resnet } from './resnet.ts';

export type ModelName = 'lenet' | 'resnet';
export type OptimizerName = 'adam' | 'adamw' | 'sgd' | 'rmsprop';

/** A network, and how to train it where the user does not say. */
export interface Model {
  title: string;
  /** From images [N, 1, 28, 28] to logits [N, 10]. */
  make(): Layer;
  /** The first convolution's weight in the state dict: [filters, 1, side, side]. */
  firstWeight: string;
  epochs: number;
  /** Learning rates; SGD runs with a momentum of 0.9. */
  lr: Record<OptimizerName, number>;
  /** Whether the learning rate falls to zero over the run, in a straight line, or stays as it is. */
  lrFalls: boolean;
}

export const models: Record<ModelName, Model> = {
  lenet: {
    title: 'LeNet-5',
    make: lenet5,
    firstWeight: '0.weight',
    epochs: 8,
    lr: { adam: 1e-3, adamw: 1e-3, sgd: 2e-2, rmsprop: 1e-3 },
    lrFalls: false,
  },
  resnet: {
    title: 'ResNet',
    make: () => resnet(),
    firstWeight: 'stem.weight',
    epochs: 5,
    lr: { adam: 4e-3, adamw: 4e-3, sgd: 0.1, rmsprop: 1e-3 },
    lrFalls: true,
  },
};
