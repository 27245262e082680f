import { checkBoolean, checkNumber, checkOptions, reject } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import { layerNormRows } from '../geometry/layernorm.ts';
import { layerNormBackwardAt, layerNormSumsBytes } from '../layernorm-backward.ts';
import type { Application, TensorSpec } from '../operation.ts';
import type { Parameter } from '../parameter.ts';
import { checkShape, type Shape } from '../shape.ts';
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

  override prepare(call: string, [x]: readonly TensorSpec[]): Application {
    const { rows, C } = layerNormRows(call, x.shape, this.normalizedShape);
    const statistic: TensorSpec = { shape: [rows], dtype: x.dtype };
    return {
      outputs: [x],
      saved: [statistic, statistic],
      readsInputs: [0],
      inPlace: [0],
      inPlaceBackward: [0],
      hasParameters: this.weight !== null,
      reserve: () => void this.core.memory.scratch(layerNormSumsBytes(this.dtype, rows, C)),
      forward: ({ inputs, outputs, saved }) => {
        // biome-ignore format: outputs, inputs, sizes
        this.kernels.layerNormForward(
          outputs[0].address, saved[0].address, saved[1].address,
          inputs[0].address, addressOf(this.weight), addressOf(this.bias),
          C, this.eps, 0, rows,
        );
      },
      backward: ({ inputs, saved }, gradients) => {
        const dout = gradients.outputs[0];
        if (!dout) return;
        // biome-ignore format: outputs, inputs, sizes
        layerNormBackwardAt(
          this.core, this.dtype,
          addressOf(this.weight?.grad), addressOf(this.bias?.grad), addressOf(gradients.inputs[0]),
          dout.address, inputs[0].address, addressOf(this.weight), saved[0].address, saved[1].address,
          rows, C,
        );
      },
    };
  }
}
