import { checkNumber, checkOptions, reject } from '../check.ts';
import type { LossOptions, Reduction } from './loss.ts';
import { RegressionLoss } from './regression.ts';

export interface HuberLossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Where the parabola becomes a line, > 0 (default 1). */
  delta?: number;
}

/**
 * With d = x − t: ½d² for |d| ≤ delta, delta·(|d| − ½delta) beyond.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html
 */
export class HuberLoss<R extends Reduction = 'mean'> extends RegressionLoss<R> {
  readonly delta: number;

  constructor(options: HuberLossOptions<R> = {}) {
    checkOptions('new HuberLoss', options, ['delta', 'reduction', 'dtype', 'core']);
    const delta = checkNumber('new HuberLoss', 'delta', options.delta ?? 1, 0);
    if (delta === 0) reject('new HuberLoss', 'delta', 'a number > 0', delta);
    super('HuberLoss', 'huber', delta, options);
    this.delta = delta;
  }
}
