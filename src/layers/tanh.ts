import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = tanh x.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html
 */
export class Tanh extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Tanh', options, 'tanh');
  }
}
