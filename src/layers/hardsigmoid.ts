import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = min(max(x + 3, 0), 6)/6; its gradient at −3 and at 3 is 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html
 */
export class Hardsigmoid extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Hardsigmoid', options, 'hardsigmoid');
  }
}
