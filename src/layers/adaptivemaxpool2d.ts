import { checkOptions } from '../check.ts';
import { adaptiveSize, adaptiveSizes, type OutputSize } from '../geometry/pool2d.ts';
import type { Tensor } from '../tensor.ts';
import { Layer, type LayerOptions } from './layer.ts';

/**
 * The maximum of each of outputSize windows that share the image out: window i of an axis is
 * [⌊i·size/count⌋, ⌈(i + 1)·size/count⌉). The gradient goes to the first of equal maxima, or to the last NaN.
 *
 * x: [N, C, H, W] or [C, H, W]; y: [N, C, ...outputSize] or [C, ...outputSize], where null keeps x's size.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
 */
export class AdaptiveMaxPool2d extends Layer {
  readonly outputSize: readonly [number | null, number | null];

  constructor(outputSize: OutputSize, options: LayerOptions = {}) {
    const call = 'new AdaptiveMaxPool2d';
    checkOptions(call, options, ['dtype', 'core']);
    const size = adaptiveSize(call, outputSize);
    super('AdaptiveMaxPool2d', options);
    this.outputSize = size;
  }

  override forward(x: Tensor): Tensor {
    this.check('AdaptiveMaxPool2d.forward', 'x', x);
    const { planes, H, W, OH, OW, shape } = adaptiveSizes('AdaptiveMaxPool2d.forward', x.shape, this.outputSize);
    const out = this.site.buffer('out', shape, this.dtype);
    const argmax = this.site.buffer('argmax', shape, 'i32');
    this.kernels.adaptiveMaxPool2dForward(out.address, argmax.address, x.address, H, W, OH, OW, 0, planes);
    this.site.save('x', x);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const x = this.site.recall('AdaptiveMaxPool2d.backward', 'x');
    const { planes, H, W, OH, OW, shape } = adaptiveSizes('AdaptiveMaxPool2d.backward', x.shape, this.outputSize);
    this.check('AdaptiveMaxPool2d.backward', 'dy', dy, shape);
    const argmax = this.site.buffer('argmax', shape, 'i32');
    const dx = this.site.buffer('dx', x.shape, this.dtype);
    this.kernels.maxPool2dBackward(dx.address, dy.address, argmax.address, H * W, OH * OW, 0, planes);
    return dx;
  }
}
