import { checkOptions } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import type { Tensor } from '../tensor.ts';
import { ClassificationLoss, type ClassificationOptions } from './classification.ts';
import type { LossValue, Reduction } from './loss.ts';

export type NLLLossOptions<R extends Reduction = Reduction> = ClassificationOptions<R>;

/**
 * Negative log-likelihood −w_t·x_t of log-probabilities x and labels t; the mean divides by the sum of the weights
 * of the labels. Of logits, take CrossEntropyLoss.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 */
export class NLLLoss<R extends Reduction = 'mean'> extends ClassificationLoss<R> {
  constructor(options: NLLLossOptions<R> = {}) {
    checkOptions('new NLLLoss', options, ['weight', 'ignoreIndex', 'reduction', 'dtype', 'core']);
    super('NLLLoss', options);
  }

  /**
   * @param prediction log-probabilities [C], [N, C] or [N, C, d1, …]
   * @param target i32 labels [], [N] or [N, d1, …]
   * @throws RangeError when a label is neither a class nor `ignoreIndex`
   */
  override forward(prediction: Tensor, target: Tensor): LossValue<R> {
    const call = 'NLLLoss.forward';
    const axis = this.classes(call, prediction);
    const total = this.labelWeight(call, target, axis);
    const losses = this.site.buffer('losses', axis.samples, this.dtype);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.nllForward(
      losses.address,
      prediction.address, target.address, addressOf(this.weight),
      axis.C, axis.inner, this.ignoreIndex, 0, axis.count,
    );
    this.site.save('prediction', prediction);
    this.site.save('target', target);
    return this.reduce(losses, total);
  }

  override backward(upstream?: LossValue<R>): Tensor {
    const call = 'NLLLoss.backward';
    const { shape } = this.site.recall(call, 'prediction');
    const target = this.site.recall(call, 'target');
    const axis = this.axisOf(call, shape);
    const total = this.labelWeight(call, target, axis);
    const dout = this.douts(call, upstream, axis.samples);
    const scale = this.scale(call, upstream, this.reduction === 'mean' ? total : 1);
    const dx = this.site.buffer('dprediction', shape, this.dtype);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.nllBackward(
      dx.address,
      dout, target.address, addressOf(this.weight),
      axis.C, axis.inner, this.ignoreIndex, scale, 0, axis.count,
    );
    return dx;
  }
}
