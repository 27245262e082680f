import { CallSite } from '../call-site.ts';
import { checkOneOf, reject } from '../check.ts';
import { checkTensor, isTensorOf } from '../check-tensor.ts';
import { type Core, coreOf } from '../core/core.ts';
import type { FloatDType } from '../dtype.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** How the losses of the elements or samples become one: 'none' leaves them apart. */
export type Reduction = 'mean' | 'sum' | 'none';

/** What `forward` returns: a number, or with 'none' a tensor of losses. */
export type LossValue<R extends string> = R extends 'none' ? Tensor : number;

export interface LossOptions<R extends string = Reduction> {
  /** 'mean' (default), 'sum', or 'none' for a tensor of losses. */
  reduction?: R;
  /** Element type of predictions and gradients (default 'f32'). */
  dtype?: FloatDType;
  /** The core to live on; by default the one of `init()`. */
  core?: Core;
}

/**
 * A loss: `forward` measures a prediction against a target and keeps what `backward` needs, `backward` returns
 * dL/d(prediction), which a model's `backward` takes.
 *
 * Tensors that a loss returns belong to it and are overwritten at its next call, so a warm step allocates nothing.
 * Prediction and target must stay as they are until backward has run.
 */
export abstract class Loss<R extends string = 'mean'> {
  readonly core: Core;
  readonly dtype: FloatDType;
  readonly reduction: R;
  protected site: CallSite;
  protected readonly forwardCall: string;
  protected readonly backwardCall: string;

  protected constructor(
    name: string,
    options: LossOptions<R>,
    reductions: readonly string[] = ['mean', 'sum', 'none'],
  ) {
    this.core = coreOf(`new ${name}`, options.core);
    this.dtype = checkOneOf(`new ${name}`, 'dtype', options.dtype ?? 'f32', ['f32', 'f64']);
    this.reduction = checkOneOf(`new ${name}`, 'reduction', options.reduction ?? 'mean', reductions) as R;
    this.site = new CallSite(this.core);
    this.forwardCall = `${name}.forward`;
    this.backwardCall = `${name}.backward`;
  }

  /** The loss: a number, or with reduction 'none' a tensor of losses. Throws, and changes nothing, on bad arguments. */
  abstract forward(prediction: Tensor, target: Tensor): LossValue<R>;

  /**
   * dL/d(prediction) of the last forward.
   * @param upstream dL/d(loss): a number (default 1), or with reduction 'none' a tensor like the losses (default ones)
   * @throws when forward has not run
   */
  abstract backward(upstream?: LossValue<R>): Tensor;

  /** @internal Runs `action` at a fresh call-site; what was kept is there again after. */
  aside<T>(action: () => T): T {
    const kept = this.site;
    this.site = new CallSite(this.core);
    try {
      return action();
    } finally {
      this.site.dispose();
      this.site = kept;
    }
  }

  /** Gives the loss's buffers back. */
  dispose(): void {
    this.site.dispose();
  }

  [Symbol.dispose ?? Symbol.for('Symbol.dispose')](): void {
    this.dispose();
  }

  /** The class name, for messages. */
  protected get name(): string {
    return this.constructor.name;
  }

  /** The kernels of this loss's dtype. */
  protected get kernels() {
    return this.core.kernels[this.dtype];
  }

  /** Throws unless x is a live tensor of this loss's core and dtype and, where given, of that shape. */
  protected check(call: string, argument: string, x: Tensor, shape?: Shape): void {
    if (isTensorOf(x, this.core, this.dtype, shape)) return;
    checkTensor(call, argument, x, { core: this.core, dtype: this.dtype, shape });
  }

  /** Where a kernel may leave one partial sum per block of elements. */
  protected partialSums(blocks: number): number {
    return this.core.memory.scratch(Float64Array.BYTES_PER_ELEMENT * blocks);
  }

  /** Σ of the partial sums that a kernel has left. */
  protected totalOf(sums: number, blocks: number): number {
    return this.core.kernels.f64.total(sums, blocks);
  }

  /** The address of the tensor that each loss's gradient is multiplied with, of the losses' shape; 0 where there is none. */
  protected douts(call: string, upstream: LossValue<R> | undefined, losses: Shape): number {
    if (this.reduction !== 'none' || upstream === undefined) return 0;
    this.check(call, 'upstream', upstream as Tensor, losses);
    return (upstream as Tensor).address;
  }

  /** The number that all gradients are multiplied with: dL/d(loss) over `divisor`, which is what a mean was divided by. */
  protected scale(call: string, upstream: LossValue<R> | undefined, divisor: number): number {
    if (this.reduction === 'none') return 1;
    const dout: unknown = upstream ?? 1;
    return typeof dout === 'number' ? dout / divisor : reject(call, 'upstream', 'a number', dout, TypeError);
  }
}
