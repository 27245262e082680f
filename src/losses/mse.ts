import { checkOptions } from '../check.ts';
import type { LossOptions, Reduction } from './loss.ts';
import { RegressionLoss } from './regression.ts';

/**
 * Squared error (x − t)²; the mean is over all elements.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html
 */
export class MSELoss<R extends Reduction = 'mean'> extends RegressionLoss<R> {
  constructor(options: LossOptions<R> = {}) {
    checkOptions('new MSELoss', options, ['reduction', 'dtype', 'core']);
    super('MSELoss', 'mse', 0, options);
  }
}
