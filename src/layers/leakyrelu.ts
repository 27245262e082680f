import { checkNumber } from '../check.ts';
import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = x for x > 0, negativeSlope·x else; its gradient at 0 is negativeSlope.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 */
export class LeakyReLU extends Activation {
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01, options: LayerOptions = {}) {
    checkNumber('new LeakyReLU', 'negativeSlope', negativeSlope);
    super('LeakyReLU', options, 'leakyRelu', negativeSlope);
    this.negativeSlope = negativeSlope;
  }
}
