import { CallSite } from '../call-site.ts';
import { checkOneOf, reject } from '../check.ts';
import { checkTensor } from '../check-tensor.ts';
import { type Core, coreOf } from '../core/core.ts';
import type { FloatDType } from '../dtype.ts';
import { blocksOf, sumBlock } from '../geometry/loss.ts';
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

  protected constructor(
    name: string,
    options: LossOptions<R>,
    reductions: readonly string[] = ['mean', 'sum', 'none'],
  ) {
    this.core = coreOf(`new ${name}`, options.core);
    this.dtype = checkOneOf(`new ${name}`, 'dtype', options.dtype ?? 'f32', ['f32', 'f64']);
    this.reduction = checkOneOf(`new ${name}`, 'reduction', options.reduction ?? 'mean', reductions) as R;
    this.site = new CallSite(this.core);
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
    checkTensor(call, argument, x, { core: this.core, dtype: this.dtype, shape });
  }

  /** Σ of what a kernel leaves as one partial sum per block of `size` elements. */
  protected sumOfBlocks(size: number, kernel: (sums: number, block: number, blocks: number) => void): number {
    const blocks = blocksOf(size);
    const sums = this.core.memory.scratch(8 * blocks);
    kernel(sums, sumBlock, blocks);
    return this.core.kernels.f64.total(sums, blocks);
  }

  /**
   * What each loss's gradient is multiplied with: the tensor `dout`, which has the losses' shape, or one number
   * over `divisor`, which is what a mean was divided by.
   */
  protected upstream(call: string, upstream: LossValue<R> | undefined, losses: Shape, divisor: number) {
    if (this.reduction === 'none') {
      if (upstream === undefined) return { dout: 0, scale: 1 };
      this.check(call, 'upstream', upstream as Tensor, losses);
      return { dout: (upstream as Tensor).address, scale: 1 };
    }
    const scale: unknown = upstream ?? 1;
    if (typeof scale !== 'number') return reject(call, 'upstream', 'a number', scale, TypeError);
    return { dout: 0, scale: scale / divisor };
  }
}
