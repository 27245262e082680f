import { checkBoolean, checkOptions } from '../check.ts';
import type { Tensor } from '../tensor.ts';
import type { LossOptions, Reduction } from './loss.ts';
import { ElementwiseLoss } from './regression.ts';

export interface KLDivLossOptions<R extends Reduction | 'batchmean' = Reduction | 'batchmean'> extends LossOptions<R> {
  /** Whether targets are log-probabilities too (default false). */
  logTarget?: boolean;
}

/**
 * Kullback–Leibler divergence t·(log t − x) of log-probabilities x from probabilities t. The divergence proper is
 * reduction 'batchmean': the sum over the size of the first axis. 'mean' (default) is over all elements.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 */
export class KLDivLoss<R extends Reduction | 'batchmean' = 'mean'> extends ElementwiseLoss<R> {
  readonly logTarget: boolean;

  constructor(options: KLDivLossOptions<R> = {}) {
    checkOptions('new KLDivLoss', options, ['logTarget', 'reduction', 'dtype', 'core']);
    const logTarget = checkBoolean('new KLDivLoss', 'logTarget', options.logTarget ?? false);
    super('KLDivLoss', logTarget ? 'klDivLog' : 'klDiv', 0, options, ['mean', 'batchmean', 'sum', 'none']);
    this.logTarget = logTarget;
  }

  protected override divisor(prediction: Tensor): number {
    return this.reduction === 'batchmean' ? (prediction.shape[0] ?? 1) : super.divisor(prediction);
  }
}
