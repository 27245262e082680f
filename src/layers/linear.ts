import { checkBoolean, checkInteger, checkOptions, reject } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import type { Parameter } from '../parameter.ts';
import type { Tensor } from '../tensor.ts';
import { Layer, type LayerOptions } from './layer.ts';

export interface LinearOptions extends LayerOptions {
  /** Whether b exists (default true). */
  bias?: boolean;
}

/**
 * y = x·Wᵀ + b over the last axis.
 *
 * x: [..., inFeatures]; y: [..., outFeatures]; weight: [outFeatures, inFeatures], bias: [outFeatures], both
 * initially uniform in ±1/√inFeatures.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends Layer {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(inFeatures: number, outFeatures: number, options: LinearOptions = {}) {
    checkOptions('new Linear', options, ['bias', 'dtype', 'core']);
    checkInteger('new Linear', 'inFeatures', inFeatures, 1);
    checkInteger('new Linear', 'outFeatures', outFeatures, 1);
    const biased = checkBoolean('new Linear', 'bias', options.bias ?? true);
    super('Linear', options);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = this.parameter('weight', [outFeatures, inFeatures], (weight) => weight.fillUniform(-bound, bound));
    this.bias = biased ? this.parameter('bias', [outFeatures], (bias) => bias.fillUniform(-bound, bound)) : null;
  }

  override forward(x: Tensor): Tensor {
    const { inFeatures: I, outFeatures: O } = this;
    this.check('Linear.forward', 'x', x);
    if (x.shape.at(-1) !== I) reject('Linear.forward', 'x', `[..., ${I}]`, x.shape);
    const M = x.size / I;
    const out = this.site.buffer('out', this.outputShape(x), this.dtype);
    const workspace = this.workspace(M, O, I);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.linearForward(
      out.address,
      x.address, this.weight.address, addressOf(this.bias), workspace,
      M, O, I, 0, O,
    );
    this.site.save('x', x);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const x = this.checkUpstream(dy);
    const { inFeatures: I, outFeatures: O } = this;
    const M = x.size / I;
    const dx = this.site.buffer('dx', x.shape, this.dtype);
    this.accumulate(x, dy);
    const workspace = this.workspace(M, I, O);
    // dX = dY·W
    this.kernels.gemm(dx.address, dy.address, this.weight.address, workspace, M, I, O, O, I, I, 0, 0, 1, 0, 0, I);
    return dx;
  }

  override backwardParameters(dy: Tensor): void {
    this.accumulate(this.checkUpstream(dy), dy);
  }

  /** dW += dYᵀ·X and db += Σ dY. All memory is there before the first kernel runs. */
  private accumulate(x: Tensor, dy: Tensor): void {
    const { inFeatures: I, outFeatures: O } = this;
    const M = x.size / I;
    const dweight = this.weight.grad.address;
    const dbias = addressOf(this.bias?.grad);
    const workspace = this.workspace(O, I, M);
    this.kernels.gemm(dweight, dy.address, x.address, workspace, O, I, M, O, I, I, 1, 0, 1, 1, 0, I);
    if (dbias) this.kernels.linearBackwardBias(dbias, dy.address, M, O, 0, O);
  }

  private checkUpstream(dy: Tensor): Tensor {
    const x = this.site.recall('Linear.backward', 'x');
    this.check('Linear.backward', 'dy', dy, this.outputShape(x));
    return x;
  }

  private outputShape(x: Tensor): number[] {
    return [...x.shape.slice(0, -1), this.outFeatures];
  }

  /** Working memory for a product of these sizes. */
  private workspace(M: number, N: number, K: number): number {
    return this.core.memory.scratch(this.kernels.gemmWorkspace(M, N, K) * this.weight.data.BYTES_PER_ELEMENT);
  }
}
