import { checkOptions } from '../check.ts';
import type { LossOptions, Reduction } from './loss.ts';
import { RegressionLoss } from './regression.ts';

/**
 * Absolute error |x − t|; its gradient at 0 is 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html
 */
export class L1Loss<R extends Reduction = 'mean'> extends RegressionLoss<R> {
  constructor(options: LossOptions<R> = {}) {
    checkOptions('new L1Loss', options, ['reduction', 'dtype', 'core']);
    super('L1Loss', 'l1', 0, options);
  }
}
