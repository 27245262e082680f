import { checkBoolean, checkInteger, checkOptions } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import { writeConv2dShape } from '../conv2d-shape.ts';
import { type Convolution, convolutionOf } from '../convolution.ts';
import {
  type Conv2dAlgorithm,
  type Conv2dGeometry,
  type Conv2dOptions,
  type Conv2dWindow,
  checkGroups,
  conv2dGeometry,
  conv2dWindow,
} from '../geometry/conv2d.ts';
import type { Application, Gradients, Site, TensorSpec } from '../operation.ts';
import type { Parameter } from '../parameter.ts';
import type { Shape, Size2d } from '../shape.ts';
import { Layer, type LayerOptions } from './layer.ts';

export interface Conv2dLayerOptions extends Conv2dOptions, LayerOptions {
  /** Whether b exists (default true). */
  bias?: boolean;
}

/**
 * y[n, o] = b[o] + Σ_c w[o, c] ⋆ x[n, c], with ⋆ the cross-correlation of a window with an image.
 *
 * x: [N, C, H, W] or [C, H, W]; y: [N, O, OH, OW] with OH = ⌊(H + 2·padding − dilation·(KH − 1) − 1)/stride⌋ + 1;
 * weight: [O, C/groups, KH, KW], bias: [O], both initially uniform in ±1/√(C/groups·KH·KW).
 *
 * With 3 × 3 windows, stride and dilation 1 and enough channels, `algorithm: 'auto'` takes Winograd's algorithm, as
 * PyTorch's backends do: see `algorithmFor`. Then a NaN or an infinity in x spoils a few pixels more than those whose
 * windows hold it, likewise in the gradients; 'direct' keeps it to these.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends Layer {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly window: Conv2dWindow;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(inChannels: number, outChannels: number, kernelSize: Size2d, options: Conv2dLayerOptions = {}) {
    const call = 'new Conv2d';
    checkOptions(call, options, ['stride', 'padding', 'dilation', 'groups', 'algorithm', 'bias', 'dtype', 'core']);
    checkInteger(call, 'inChannels', inChannels, 1);
    checkInteger(call, 'outChannels', outChannels, 1);
    const window = conv2dWindow(call, kernelSize, options);
    checkGroups(call, inChannels, outChannels, window.groups);
    const biased = checkBoolean(call, 'bias', options.bias ?? true);
    super('Conv2d', options);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.window = window;
    const shape = [outChannels, inChannels / window.groups, ...window.kernelSize];
    const bound = 1 / Math.sqrt(shape[1] * shape[2] * shape[3]);
    this.weight = this.parameter('weight', shape, (weight) => weight.fillUniform(-bound, bound));
    this.bias = biased ? this.parameter('bias', [outChannels], (bias) => bias.fillUniform(-bound, bound)) : null;
  }

  /** How it computes, as given. */
  get algorithm(): Conv2dAlgorithm {
    return this.window.algorithm;
  }

  /** How its forward pass computes for an x of this shape: what 'auto' stands for. Each gradient chooses for itself, directly more often. */
  algorithmFor(x: Shape): 'direct' | 'winograd' {
    const geometry = conv2dGeometry('Conv2d.algorithmFor', x, this.inChannels, this.outChannels, this.window);
    return convolutionOf(this.core, this.dtype, geometry).algorithm;
  }

  override prepare(call: string, [{ shape, dtype }]: readonly TensorSpec[]): Application {
    const geometry = conv2dGeometry(call, shape, this.inChannels, this.outChannels, this.window);
    const convolution = convolutionOf(this.core, this.dtype, geometry);
    return {
      outputs: [{ shape: geometry.outputShape, dtype }],
      readsInputs: [0],
      accumulates: true,
      hasParameters: true,
      reserve: () => void writeConv2dShape(this.core, this.dtype, geometry, convolution.workspace),
      forward: (site) => this.convolve(site, geometry, convolution),
      backward: (site, gradients) => this.goBackThrough(site, gradients, geometry, convolution),
    };
  }

  private convolve({ inputs, outputs }: Site, g: Conv2dGeometry, convolution: Convolution): void {
    const shape = writeConv2dShape(this.core, this.dtype, g, convolution.workspace);
    // biome-ignore format: outputs, inputs, sizes
    convolution.forward(
      outputs[0].address,
      inputs[0].address, this.weight.address, addressOf(this.bias),
      shape, 0, convolution.extents.forward,
    );
  }

  /** Adds to dW and db, then gives dX. All memory is there before the first kernel runs. */
  private goBackThrough({ inputs }: Site, gradients: Gradients, g: Conv2dGeometry, convolution: Convolution): void {
    const dx = gradients.inputs[0];
    const dout = gradients.outputs[0];
    if (!dout) return;
    const dweight = this.weight.grad.address;
    const dbias = addressOf(this.bias?.grad);
    const { extents } = convolution;
    const shape = writeConv2dShape(this.core, this.dtype, g, convolution.workspace);
    convolution.backwardWeight(dweight, dout.address, inputs[0].address, shape, 0, extents.backwardWeight);
    if (dbias) this.kernels.conv2dBackwardBias(dbias, dout.address, g.N, g.O, g.OH * g.OW, 0, g.O);
    if (!dx) return;
    const accumulate = Number(gradients.accumulate[0] ?? false);
    convolution.backwardInput(
      dx.address,
      dout.address,
      this.weight.address,
      shape,
      accumulate,
      0,
      extents.backwardInput,
    );
  }
}
