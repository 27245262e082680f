import { checkBoolean, checkInteger, checkOptions, reject } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import type { Application, Gradients, Site, TensorSpec } from '../operation.ts';
import type { Parameter } from '../parameter.ts';
import { sizeOf } from '../shape.ts';
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

  override prepare(call: string, [{ shape, dtype }]: readonly TensorSpec[]): Application {
    const { inFeatures: I, outFeatures: O } = this;
    if (shape.at(-1) !== I) reject(call, 'x', `[..., ${I}]`, shape);
    const M = sizeOf(shape) / I;
    return {
      outputs: [{ shape: [...shape.slice(0, -1), O], dtype }],
      readsInputs: [0],
      accumulates: true,
      hasParameters: true,
      reserve: () => void [this.workspace(this.kernels.gemmWorkspace(M, O, I)), this.backwardWorkspace(M)],
      forward: (site) => this.multiply(site, M),
      backward: (site, gradients) => this.goBackThrough(site, gradients, M),
    };
  }

  /** Y = X·Wᵀ + b of M rows. */
  private multiply({ inputs, outputs }: Site, M: number): void {
    const { inFeatures: I, outFeatures: O } = this;
    const workspace = this.workspace(this.kernels.gemmWorkspace(M, O, I));
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.linearForward(
      outputs[0].address,
      inputs[0].address, this.weight.address, addressOf(this.bias), workspace,
      M, O, I, 0, this.kernels.gemmLines(M, O, I),
    );
  }

  /** dW += dYᵀ·X,  db += Σ dY,  dX = dY·W. All memory is there before the first kernel runs. */
  private goBackThrough({ inputs }: Site, gradients: Gradients, M: number): void {
    const { inFeatures: I, outFeatures: O } = this;
    const dx = gradients.inputs[0];
    const dout = gradients.outputs[0];
    if (!dout) return;
    const dweight = this.weight.grad.address;
    const dbias = addressOf(this.bias?.grad);
    const workspace = this.backwardWorkspace(M);
    const { kernels } = this;
    // biome-ignore-start format: outputs, inputs, sizes
    kernels.gemm(
      dweight,
      dout.address,
      inputs[0].address,
      workspace,
      O,
      I,
      M,
      O,
      I,
      I,
      1,
      0,
      1,
      1,
      0,
      kernels.gemmLines(O, I, M),
    );
    if (dbias) kernels.linearBackwardBias(dbias, dout.address, M, O, 0, O);
    if (!dx) return;
    const beta = gradients.accumulate[0] ? 1 : 0;
    kernels.gemm(
      dx.address,
      dout.address,
      this.weight.address,
      workspace,
      M,
      I,
      O,
      O,
      I,
      I,
      0,
      0,
      1,
      beta,
      0,
      kernels.gemmLines(M, I, O),
    );
    // biome-ignore-end format: outputs, inputs, sizes
  }

  private backwardWorkspace(M: number): number {
    const { inFeatures: I, outFeatures: O } = this;
    return this.workspace(Math.max(this.kernels.gemmWorkspace(O, I, M), this.kernels.gemmWorkspace(M, I, O)));
  }

  private workspace(elements: number): number {
    return this.core.memory.scratch(elements * this.weight.data.BYTES_PER_ELEMENT);
  }
}
