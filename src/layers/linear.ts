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
    const products = this.productsOf(sizeOf(shape) / I);
    return {
      outputs: [{ shape: [...shape.slice(0, -1), O], dtype }],
      readsInputs: [0],
      accumulates: true,
      hasParameters: true,
      reserve: () => void [this.workspace(products.forward), this.workspace(products.backward)],
      forward: (site) => this.multiply(site, products),
      backward: (site, gradients) => this.goBackThrough(site, gradients, products),
    };
  }

  /** Y = X·Wᵀ + b of M rows. */
  private multiply({ inputs, outputs }: Site, { M, forward, lines }: Products): void {
    const { inFeatures: I, outFeatures: O } = this;
    const workspace = this.workspace(forward);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.linearForward(
      outputs[0].address,
      inputs[0].address, this.weight.address, addressOf(this.bias), workspace,
      M, O, I, 0, lines,
    );
  }

  /** dW += dYᵀ·X,  db += Σ dY,  dX = dY·W. All memory is there before the first kernel runs. */
  private goBackThrough({ inputs }: Site, gradients: Gradients, products: Products): void {
    const { inFeatures: I, outFeatures: O, kernels } = this;
    const { M, linesOfWeight, linesOfInput } = products;
    const dx = gradients.inputs[0];
    const dout = gradients.outputs[0];
    if (!dout) return;
    const x = inputs[0].address;
    const dweight = this.weight.grad.address;
    const dbias = addressOf(this.bias?.grad);
    const workspace = this.workspace(products.backward);
    kernels.gemm(dweight, dout.address, x, workspace, O, I, M, O, I, I, 1, 0, 1, 1, 0, linesOfWeight);
    if (dbias) kernels.linearBackwardBias(dbias, dout.address, M, O, 0, O);
    if (!dx) return;
    const beta = gradients.accumulate[0] ? 1 : 0;
    const weight = this.weight.address;
    kernels.gemm(dx.address, dout.address, weight, workspace, M, I, O, O, I, I, 0, 0, 1, beta, 0, linesOfInput);
  }

  /** What the products for M rows take. */
  private productsOf(M: number): Products {
    const { inFeatures: I, outFeatures: O } = this;
    const { gemmLines, gemmWorkspace } = this.kernels;
    return {
      M,
      forward: gemmWorkspace(M, O, I),
      backward: Math.max(gemmWorkspace(O, I, M), gemmWorkspace(M, I, O)),
      lines: gemmLines(M, O, I),
      linesOfWeight: gemmLines(O, I, M),
      linesOfInput: gemmLines(M, I, O),
    };
  }

  private workspace(elements: number): number {
    return this.core.memory.scratch(elements * this.weight.data.BYTES_PER_ELEMENT);
  }
}

/** A call's rows, the elements of workspace of its passes, and into how many lines threads may divide its products. */
interface Products {
  readonly M: number;
  readonly forward: number;
  readonly backward: number;
  readonly lines: number;
  readonly linesOfWeight: number;
  readonly linesOfInput: number;
}
