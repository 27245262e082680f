import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = x·tanh(log(1 + eˣ)).
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Mish.html
 */
export class Mish extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Mish', options, 'mish');
  }
}
