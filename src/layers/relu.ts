import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = max(x, 0); its gradient at 0 is 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html
 */
export class ReLU extends Activation {
  constructor(options: LayerOptions = {}) {
    super('ReLU', options, 'relu');
  }
}
