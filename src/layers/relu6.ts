import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = min(max(x, 0), 6); its gradient at 0 and at 6 is 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html
 */
export class ReLU6 extends Activation {
  constructor(options: LayerOptions = {}) {
    super('ReLU6', options, 'hardtanh', 0, 6);
  }
}
