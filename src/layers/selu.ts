import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = scale·(x for x > 0, alpha·(eˣ − 1) else), with alpha = 1.6733 and scale = 1.0507.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 */
export class SELU extends Activation {
  constructor(options: LayerOptions = {}) {
    super('SELU', options, 'selu', 1.6732632423543772, 1.0507009873554805);
  }
}
