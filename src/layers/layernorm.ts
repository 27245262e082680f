import { checkBoolean, checkNumber, checkOptions, reject } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import { layerNormRows } from '../geometry/layernorm.ts';
import type { Parameter } from '../parameter.ts';
import { checkShape, type Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { Layer, type LayerOptions } from './layer.ts';

export interface LayerNormOptions extends LayerOptions {
  /** Added to the variance (default 1e-5). */
  eps?: number;
  /** Whether γ and β exist (default true). */
  elementwiseAffine?: boolean;
  /** Whether β exists, when γ does (default true). */
  bias?: boolean;
}

/**
 * Normalises over the last axes: y = γ∘(x − μ)/√(σ² + ε) + β, with mean μ and biased variance σ² over
 * `normalizedShape`.
 *
 * x and y: [..., ...normalizedShape]; weight (γ), bias (β): normalizedShape, initially 1 and 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Layer {
  readonly normalizedShape: Shape;
  readonly eps: number;
  readonly weight: Parameter | null;
  readonly bias: Parameter | null;

  constructor(normalizedShape: number | Shape, options: LayerNormOptions = {}) {
    const call = 'new LayerNorm';
    checkOptions(call, options, ['eps', 'elementwiseAffine', 'bias', 'dtype', 'core']);
    const shape = checkShape(
      call,
      'normalizedShape',
      typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape,
    );
    if (shape.length === 0) reject(call, 'normalizedShape', 'at least one axis', shape);
    const eps = checkNumber(call, 'eps', options.eps ?? 1e-5, 0);
    const affine = checkBoolean(call, 'elementwiseAffine', options.elementwiseAffine ?? true);
    const biased = checkBoolean(call, 'bias', options.bias ?? true);
    super('LayerNorm', options);
    this.normalizedShape = Object.freeze([...shape]);
    this.eps = eps;
    this.weight = affine ? this.parameter('weight', shape, (weight) => weight.fill(1)) : null;
    this.bias = affine && biased ? this.parameter('bias', shape, (bias) => bias.fill(0)) : null;
  }

  override forward(x: Tensor): Tensor {
    this.check('LayerNorm.forward', 'x', x);
    const { rows, C } = layerNormRows('LayerNorm.forward', x.shape, this.normalizedShape);
    const out = this.site.buffer('out', x.shape, this.dtype);
    const mean = this.site.buffer('mean', [rows], this.dtype);
    const rstd = this.site.buffer('rstd', [rows], this.dtype);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.layerNormForward(
      out.address, mean.address, rstd.address,
      x.address, addressOf(this.weight), addressOf(this.bias),
      C, this.eps, 0, rows,
    );
    this.site.save('x', x);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const x = this.site.recall('LayerNorm.backward', 'x');
    this.check('LayerNorm.backward', 'dy', dy, x.shape);
    const { rows, C } = layerNormRows('LayerNorm.backward', x.shape, this.normalizedShape);
    const mean = this.site.buffer('mean', [rows], this.dtype);
    const rstd = this.site.buffer('rstd', [rows], this.dtype);
    const dx = this.site.buffer('dx', x.shape, this.dtype);
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.layerNormBackward(
      dx.address,
      dy.address, x.address, addressOf(this.weight), mean.address, rstd.address,
      C, 0, rows,
    );
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.layerNormBackwardParameters(
      addressOf(this.weight?.grad), addressOf(this.bias?.grad),
      dy.address, x.address, mean.address, rstd.address,
      rows, C, 0, C,
    );
    return dx;
  }
}
