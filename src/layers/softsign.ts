import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = x/(1 + |x|).
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html
 */
export class Softsign extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Softsign', options, 'softsign');
  }
}
