import { checkNumber, checkOptions } from '../check.ts';
import type { LossOptions, Reduction } from './loss.ts';
import { RegressionLoss } from './regression.ts';

export interface SmoothL1LossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Where the parabola becomes a line, ≥ 0 (default 1); 0 makes it L1Loss. */
  beta?: number;
}

/**
 * With d = x − t: ½d²/beta for |d| < beta, |d| − ½beta beyond, which is HuberLoss over beta.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 */
export class SmoothL1Loss<R extends Reduction = 'mean'> extends RegressionLoss<R> {
  readonly beta: number;

  constructor(options: SmoothL1LossOptions<R> = {}) {
    checkOptions('new SmoothL1Loss', options, ['beta', 'reduction', 'dtype', 'core']);
    const beta = checkNumber('new SmoothL1Loss', 'beta', options.beta ?? 1, 0);
    super('SmoothL1Loss', 'smoothL1', beta, options);
    this.beta = beta;
  }
}
