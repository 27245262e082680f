import { checkNumber, checkOptions, reject } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import type { ClassAxis } from '../geometry/loss.ts';
import { Tensor } from '../tensor.ts';
import { ClassificationLoss, type ClassificationOptions } from './classification.ts';
import type { LossValue, Reduction } from './loss.ts';

export interface CrossEntropyLossOptions<R extends Reduction = Reduction> extends ClassificationOptions<R> {
  /** How much of the target is spread evenly over all classes, from 0 to 1 (default 0). */
  labelSmoothing?: number;
}

/**
 * Cross entropy of logits against labels or class probabilities: LogSoftmax and NLLLoss in one, safe for large
 * logits. The mean divides by the sum of the weights of the labels that are not ignored (NaN when all are), and for
 * probabilities by the number of samples.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss<R extends Reduction = 'mean'> extends ClassificationLoss<R> {
  readonly labelSmoothing: number;

  constructor(options: CrossEntropyLossOptions<R> = {}) {
    const call = 'new CrossEntropyLoss';
    checkOptions(call, options, ['weight', 'ignoreIndex', 'labelSmoothing', 'reduction', 'dtype', 'core']);
    super('CrossEntropyLoss', options);
    this.labelSmoothing = checkNumber(call, 'labelSmoothing', options.labelSmoothing ?? 0, 0, 1);
  }

  /**
   * @param prediction logits [C], [N, C] or [N, C, d1, …]
   * @param target i32 labels [], [N] or [N, d1, …]; or probabilities like the prediction, in its dtype
   * @throws RangeError when a label is neither a class nor `ignoreIndex`
   */
  override forward(prediction: Tensor, target: Tensor): LossValue<R> {
    const call = 'CrossEntropyLoss.forward';
    const axis = this.classes(call, prediction);
    const divisor = this.checkTarget(call, prediction, target, axis);
    const losses = this.perSample('losses', axis);
    const max = this.perSample('max', axis);
    const sum = this.perSample('sum', axis);
    const mass = this.perSample('mass', axis);
    const { C, inner, count } = axis;
    // biome-ignore format: outputs, inputs, sizes
    if (target.dtype === 'i32') {
      this.kernels.crossEntropyForward(
        losses.address, max.address, sum.address, mass.address,
        prediction.address, target.address, addressOf(this.weight),
        C, inner, this.labelSmoothing, this.ignoreIndex, 0, count,
      );
    } else {
      this.kernels.crossEntropySoftForward(
        losses.address, max.address, sum.address, mass.address,
        prediction.address, target.address, addressOf(this.weight),
        C, inner, this.labelSmoothing, 0, count,
      );
    }
    this.site.save('prediction', prediction);
    this.site.save('target', target);
    return this.reduce(losses, divisor);
  }

  override backward(upstream?: LossValue<R>): Tensor {
    const call = 'CrossEntropyLoss.backward';
    const prediction = this.site.recall(call, 'prediction');
    const target = this.site.recall(call, 'target');
    const axis = this.classes(call, prediction);
    const divisor = this.checkTarget(call, prediction, target, axis);
    const dout = this.douts(call, upstream, axis.samples);
    const scale = this.scale(call, upstream, this.reduction === 'mean' ? divisor : 1);
    const max = this.perSample('max', axis);
    const sum = this.perSample('sum', axis);
    const mass = this.perSample('mass', axis);
    const dx = this.site.buffer('dprediction', prediction.shape, this.dtype);
    const { C, inner, count } = axis;
    // biome-ignore format: outputs, inputs, sizes
    if (target.dtype === 'i32') {
      this.kernels.crossEntropyBackward(
        dx.address,
        dout, prediction.address, target.address, addressOf(this.weight), max.address, sum.address, mass.address,
        C, inner, this.labelSmoothing, this.ignoreIndex, scale, 0, count,
      );
    } else {
      this.kernels.crossEntropySoftBackward(
        dx.address,
        dout, prediction.address, target.address, addressOf(this.weight), max.address, sum.address, mass.address,
        C, inner, this.labelSmoothing, scale, 0, count,
      );
    }
    return dx;
  }

  /** Throws unless the target is labels or probabilities for these logits; returns what a mean divides by. */
  private checkTarget(call: string, prediction: Tensor, target: Tensor, axis: ClassAxis): number {
    if (target instanceof Tensor && target.dtype === 'i32') return this.labelWeight(call, target, axis);
    if (target instanceof Tensor && target.dtype !== this.dtype) {
      reject(call, 'target', `dtype i32 (labels) or ${this.dtype} (probabilities)`, target.dtype, TypeError);
    }
    this.check(call, 'target', target, prediction.shape);
    return axis.count;
  }

  /** One number for each sample: its loss, or what backward needs of its logits. */
  private perSample(name: string, { samples }: ClassAxis): Tensor {
    return this.site.buffer(name, samples, this.dtype);
  }
}
