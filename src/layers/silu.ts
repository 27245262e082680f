import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = x·σ(x), also known as swish.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html
 */
export class SiLU extends Activation {
  constructor(options: LayerOptions = {}) {
    super('SiLU', options, 'silu');
  }
}
