import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = eˣ.
 * @see https://pytorch.org/docs/stable/generated/torch.exp.html
 */
export class Exp extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Exp', options, 'exp');
  }
}
