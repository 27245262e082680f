import { addressOf } from '../check-tensor.ts';
import { blocksOf, sumBlock } from '../geometry/loss.ts';
import type { Tensor } from '../tensor.ts';
import { Loss, type LossOptions, type LossValue } from './loss.ts';

/** The formulas of assembly/kernels/regression.ts, by their kernels' names. */
export type ElementwiseFormula = 'mse' | 'l1' | 'huber' | 'smoothL1' | 'klDiv' | 'klDivLog';

/** A loss of one element each, l(x, t), with at most one parameter a. */
export abstract class ElementwiseLoss<R extends string> extends Loss<R> {
  private readonly forwardKernel: `${ElementwiseFormula}Forward`;
  private readonly backwardKernel: `${ElementwiseFormula}Backward`;
  private readonly a: number;

  protected constructor(
    name: string,
    formula: ElementwiseFormula,
    a: number,
    options: LossOptions<R>,
    reductions?: readonly string[],
  ) {
    super(name, options, reductions);
    this.forwardKernel = `${formula}Forward`;
    this.backwardKernel = `${formula}Backward`;
    this.a = a;
  }

  /**
   * @param prediction any shape
   * @param target like the prediction
   */
  override forward(prediction: Tensor, target: Tensor): LossValue<R> {
    const call = this.forwardCall;
    this.check(call, 'prediction', prediction);
    this.check(call, 'target', target, prediction.shape);
    const out = this.reduction === 'none' ? this.site.buffer('out', prediction.shape, this.dtype) : undefined;
    const blocks = blocksOf(prediction.size);
    const sums = this.partialSums(blocks);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels[this.forwardKernel](
      addressOf(out), sums,
      prediction.address, target.address,
      this.a, prediction.size, sumBlock, 0, blocks,
    );
    this.site.save('prediction', prediction);
    this.site.save('target', target);
    return (out ?? this.totalOf(sums, blocks) / this.divisor(prediction)) as LossValue<R>;
  }

  override backward(upstream?: LossValue<R>): Tensor {
    return this.gradient(this.backwardCall, 'dprediction', upstream, 1);
  }

  /** What the sum of the losses is divided by. */
  protected divisor(prediction: Tensor): number {
    return this.reduction === 'mean' ? prediction.size : 1;
  }

  /** sign·∂L/∂(prediction). */
  protected gradient(call: string, name: string, upstream: LossValue<R> | undefined, sign: 1 | -1): Tensor {
    const prediction = this.site.recall(call, 'prediction');
    const target = this.site.recall(call, 'target');
    const dout = this.douts(call, upstream, prediction.shape);
    const scale = this.scale(call, upstream, this.divisor(prediction));
    const gradient = this.site.buffer(name, prediction.shape, this.dtype);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels[this.backwardKernel](
      gradient.address,
      dout, prediction.address, target.address,
      this.a, sign * scale, 0, prediction.size,
    );
    return gradient;
  }
}

/** A loss of the difference x − t: the target's gradient is the prediction's with the sign turned. */
export abstract class RegressionLoss<R extends string> extends ElementwiseLoss<R> {
  private readonly backwardTargetCall = `${this.backwardCall}Target`;

  /** dL/d(target) of the last forward; `upstream` as for `backward`. */
  backwardTarget(upstream?: LossValue<R>): Tensor {
    return this.gradient(this.backwardTargetCall, 'dtarget', upstream, -1);
  }
}
