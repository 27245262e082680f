import { checkOptions } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import { type Broadcast, blocksOf, broadcast, sumBlock } from '../geometry/loss.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { Loss, type LossOptions, type LossValue, type Reduction } from './loss.ts';

export interface BCELossOptions<R extends Reduction = Reduction> extends LossOptions<R> {
  /** Multiplies the losses; broadcasts to the prediction. */
  weight?: Tensor;
}

export interface BCEWithLogitsLossOptions<R extends Reduction = Reduction> extends BCELossOptions<R> {
  /** Multiplies the loss of the "yes" side, as if there were that many more of them; broadcasts to the prediction. */
  posWeight?: Tensor;
}

const everywhere: Broadcast = { period: 1, inner: 1 };

/** How weight and posWeight lie over predictions of a shape. */
interface Broadcasts {
  readonly shape: Shape;
  readonly by: Broadcast;
  readonly pos: Broadcast;
}

/** What the two binary cross entropies share: broadcast weights. */
abstract class BinaryLoss<R extends Reduction> extends Loss<R> {
  readonly weight: Tensor | null;
  private readonly forwardKernel: 'bceForward' | 'bceWithLogitsForward';
  private readonly backwardKernel: 'bceBackward' | 'bceWithLogitsBackward';
  private readonly positive: Tensor | null;
  private known: Broadcasts | undefined;

  protected constructor(
    name: string,
    formula: 'bce' | 'bceWithLogits',
    options: BCELossOptions<R>,
    posWeight: Tensor | undefined,
  ) {
    super(name, options);
    this.forwardKernel = `${formula}Forward`;
    this.backwardKernel = `${formula}Backward`;
    this.weight = options.weight ?? null;
    this.positive = posWeight ?? null;
    if (this.weight) this.check(`new ${name}`, 'weight', this.weight);
    if (this.positive) this.check(`new ${name}`, 'posWeight', this.positive);
  }

  /**
   * @param prediction any shape
   * @param target like the prediction: the probability of "yes"
   */
  override forward(prediction: Tensor, target: Tensor): LossValue<R> {
    const call = this.forwardCall;
    this.check(call, 'prediction', prediction);
    this.check(call, 'target', target, prediction.shape);
    const { by, pos } = this.broadcasts(call, prediction.shape);
    const out = this.reduction === 'none' ? this.site.buffer('out', prediction.shape, this.dtype) : undefined;
    const blocks = blocksOf(prediction.size);
    const sums = this.partialSums(blocks);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels[this.forwardKernel](
      addressOf(out), sums,
      prediction.address, target.address, addressOf(this.weight), addressOf(this.positive),
      by.period, by.inner, pos.period, pos.inner, prediction.size, sumBlock, 0, blocks,
    );
    this.site.save('prediction', prediction);
    this.site.save('target', target);
    return (out ?? this.totalOf(sums, blocks) / this.divisor(prediction)) as LossValue<R>;
  }

  override backward(upstream?: LossValue<R>): Tensor {
    const call = this.backwardCall;
    const prediction = this.site.recall(call, 'prediction');
    const target = this.site.recall(call, 'target');
    const dout = this.douts(call, upstream, prediction.shape);
    const scale = this.scale(call, upstream, this.divisor(prediction));
    const { by, pos } = this.broadcasts(call, prediction.shape);
    const dx = this.site.buffer('dprediction', prediction.shape, this.dtype);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels[this.backwardKernel](
      dx.address,
      dout, prediction.address, target.address, addressOf(this.weight), addressOf(this.positive),
      by.period, by.inner, pos.period, pos.inner, scale, 0, prediction.size,
    );
    return dx;
  }

  private divisor(prediction: Tensor): number {
    return this.reduction === 'mean' ? prediction.size : 1;
  }

  /** How the weights lie over predictions of that shape. */
  private broadcasts(call: string, shape: Shape): Broadcasts {
    if (this.known && sameShape(this.known.shape, shape)) return this.known;
    const { weight, positive } = this;
    const by = weight ? broadcast(call, 'weight', weight.shape, shape) : everywhere;
    const pos = positive ? broadcast(call, 'posWeight', positive.shape, shape) : everywhere;
    this.known = { shape, by, pos };
    return this.known;
  }
}

/**
 * Binary cross entropy of logits x and target probabilities t, stable for any x:
 * (1 − t)·log(1 + eˣ) + posWeight·t·log(1 + e⁻ˣ); the mean is over all elements, weighted or not.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 */
export class BCEWithLogitsLoss<R extends Reduction = 'mean'> extends BinaryLoss<R> {
  readonly posWeight: Tensor | null;

  constructor(options: BCEWithLogitsLossOptions<R> = {}) {
    checkOptions('new BCEWithLogitsLoss', options, ['weight', 'posWeight', 'reduction', 'dtype', 'core']);
    super('BCEWithLogitsLoss', 'bceWithLogits', options, options.posWeight);
    this.posWeight = options.posWeight ?? null;
  }
}

/**
 * Binary cross entropy of probabilities x: −t·log x − (1 − t)·log(1 − x), each logarithm at least −100. Outside
 * [0, 1] the loss is NaN. BCEWithLogitsLoss is the better choice wherever there are logits.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 */
export class BCELoss<R extends Reduction = 'mean'> extends BinaryLoss<R> {
  constructor(options: BCELossOptions<R> = {}) {
    checkOptions('new BCELoss', options, ['weight', 'reduction', 'dtype', 'core']);
    super('BCELoss', 'bce', options, undefined);
  }
}
