import { checkNumber } from '../check.ts';
import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = log(1 + e^(beta·x))/beta, and x itself where beta·x > threshold.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 */
export class Softplus extends Activation {
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20, options: LayerOptions = {}) {
    checkNumber('new Softplus', 'beta', beta);
    checkNumber('new Softplus', 'threshold', threshold);
    super('Softplus', options, 'softplus', beta, threshold);
    this.beta = beta;
    this.threshold = threshold;
  }
}
