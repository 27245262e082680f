import { checkNumber } from '../check.ts';
import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = x for x > 0, alpha·(eˣ − 1) else; its gradient at 0 is alpha.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 */
export class ELU extends Activation {
  readonly alpha: number;

  constructor(alpha = 1, options: LayerOptions = {}) {
    checkNumber('new ELU', 'alpha', alpha);
    super('ELU', options, 'elu', alpha);
    this.alpha = alpha;
  }
}
