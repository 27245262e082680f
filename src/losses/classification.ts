import { checkInteger, reject } from '../check.ts';
import { checkTensor, isTensorOf } from '../check-tensor.ts';
import { type ClassAxis, checkLabels, classAxis } from '../geometry/loss.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { Loss, type LossOptions, type LossValue, type Reduction } from './loss.ts';

export interface ClassificationOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** A weight for each class: [C]. */
  weight?: Tensor;
  /** Samples with this label count for nothing (default −100). */
  ignoreIndex?: number;
}

/** What the losses over classes share: the class axis, labels and their weights. */
export abstract class ClassificationLoss<R extends Reduction> extends Loss<R> {
  readonly weight: Tensor | null;
  readonly ignoreIndex: number;
  private axis: ClassAxis | undefined;

  protected constructor(name: string, options: ClassificationOptions<R>) {
    super(name, options);
    this.weight = options.weight ?? null;
    this.ignoreIndex = checkInteger(`new ${name}`, 'ignoreIndex', options.ignoreIndex ?? -100);
    if (!this.weight) return;
    this.check(`new ${name}`, 'weight', this.weight);
    if (this.weight.shape.length !== 1) reject(`new ${name}`, 'weight', '[C]', this.weight.shape);
  }

  /** The classes of a prediction that is fit for this loss. */
  protected classes(call: string, prediction: Tensor): ClassAxis {
    this.check(call, 'prediction', prediction);
    const axis = this.axisOf(call, prediction.shape);
    const { weight } = this;
    if (weight && (weight.isDisposed || weight.shape[0] !== axis.C)) this.check(call, 'weight', weight, [axis.C]);
    return axis;
  }

  /** The classes and samples of logits of that shape. */
  protected axisOf(call: string, shape: Shape): ClassAxis {
    if (!this.axis || !sameShape(this.axis.shape, shape)) this.axis = classAxis(call, 'prediction', shape);
    return this.axis;
  }

  /** The total weight of labels that are fit for the classes; backward asks again, since a label is an address. */
  protected labelWeight(call: string, target: Tensor, { C, samples }: ClassAxis): number {
    if (!isTensorOf(target, this.core, 'i32', samples)) {
      checkTensor(call, 'target', target, { core: this.core, dtype: 'i32', shape: samples });
    }
    return checkLabels(call, target.data, C, this.ignoreIndex, this.weight?.data);
  }

  /** One number of the samples' losses, or with reduction 'none' the losses as they are. */
  protected reduce(losses: Tensor, divisor: number): LossValue<R> {
    if (this.reduction === 'none') return losses as LossValue<R>;
    const sum = this.kernels.total(losses.address, losses.size);
    return (this.reduction === 'mean' ? sum / divisor : sum) as LossValue<R>;
  }
}
