import { checkBoolean, checkInteger, checkOptions } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import { writeConv2dShape } from '../conv2d-shape.ts';
import {
  type Conv2dGeometry,
  type Conv2dOptions,
  type Conv2dWindow,
  checkGroups,
  conv2dGeometry,
  conv2dWindow,
} from '../geometry/conv2d.ts';
import type { Parameter } from '../parameter.ts';
import { type Size2d, sameShape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
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
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends Layer {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly window: Conv2dWindow;
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  private geometry: Conv2dGeometry | undefined;

  constructor(inChannels: number, outChannels: number, kernelSize: Size2d, options: Conv2dLayerOptions = {}) {
    const call = 'new Conv2d';
    checkOptions(call, options, ['stride', 'padding', 'dilation', 'groups', 'bias', 'dtype', 'core']);
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

  override forward(x: Tensor): Tensor {
    this.check('Conv2d.forward', 'x', x);
    const g = this.geometryOf('Conv2d.forward', x);
    const out = this.site.buffer('out', g.outputShape, this.dtype);
    const shape = writeConv2dShape(this.core, this.dtype, g);
    const { weight, bias } = this;
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.conv2dForward(
      out.address,
      x.address, weight.address, addressOf(bias),
      shape, 0, g.N * g.OH,
    );
    this.site.save('x', x);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const x = this.checkUpstream(dy);
    const g = this.geometryOf('Conv2d.backward', x);
    const dx = this.site.buffer('dx', x.shape, this.dtype);
    const shape = this.accumulate(x, dy, g);
    this.kernels.conv2dBackwardInput(dx.address, dy.address, this.weight.address, shape, 0, g.N);
    return dx;
  }

  override backwardParameters(dy: Tensor): void {
    const x = this.checkUpstream(dy);
    this.accumulate(x, dy, this.geometryOf('Conv2d.backward', x));
  }

  /** Adds to dW and db; returns the shape written for the kernels. All memory is there before the first one runs. */
  private accumulate(x: Tensor, dy: Tensor, g: Conv2dGeometry): number {
    const dweight = this.weight.grad.address;
    const dbias = addressOf(this.bias?.grad);
    const shape = writeConv2dShape(this.core, this.dtype, g);
    this.kernels.conv2dBackwardWeight(dweight, dy.address, x.address, shape, 0, this.weight.size / g.O);
    if (dbias) this.kernels.conv2dBackwardBias(dbias, dy.address, g.N, g.O, g.OH * g.OW, 0, g.O);
    return shape;
  }

  private checkUpstream(dy: Tensor): Tensor {
    const x = this.site.recall('Conv2d.backward', 'x');
    this.check('Conv2d.backward', 'dy', dy, this.geometryOf('Conv2d.backward', x).outputShape);
    return x;
  }

  private geometryOf(call: string, x: Tensor): Conv2dGeometry {
    if (!this.geometry || !sameShape(this.geometry.inputShape, x.shape)) {
      this.geometry = conv2dGeometry(call, x.shape, this.inChannels, this.outChannels, this.window);
    }
    return this.geometry;
  }
}
