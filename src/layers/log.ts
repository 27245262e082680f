import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = log x, the natural logarithm: −∞ at 0, NaN below.
 * @see https://pytorch.org/docs/stable/generated/torch.log.html
 */
export class Log extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Log', options, 'log');
  }
}
