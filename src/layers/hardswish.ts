import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = x·min(max(x + 3, 0), 6)/6.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html
 */
export class Hardswish extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Hardswish', options, 'hardswish');
  }
}
