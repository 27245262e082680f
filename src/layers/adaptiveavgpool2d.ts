import { checkOptions } from '../check.ts';
import { adaptiveSize, adaptiveSizes, type OutputSize } from '../geometry/pool2d.ts';
import type { Tensor } from '../tensor.ts';
import { Layer, type LayerOptions } from './layer.ts';

/**
 * The average of each of outputSize windows that share the image out: window i of an axis is
 * [⌊i·size/count⌋, ⌈(i + 1)·size/count⌉). An outputSize of 1 is the global average.
 *
 * x: [N, C, H, W] or [C, H, W]; y: [N, C, ...outputSize] or [C, ...outputSize], where null keeps x's size.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
 */
export class AdaptiveAvgPool2d extends Layer {
  readonly outputSize: readonly [number | null, number | null];

  constructor(outputSize: OutputSize, options: LayerOptions = {}) {
    const call = 'new AdaptiveAvgPool2d';
    checkOptions(call, options, ['dtype', 'core']);
    const size = adaptiveSize(call, outputSize);
    super('AdaptiveAvgPool2d', options);
    this.outputSize = size;
  }

  override forward(x: Tensor): Tensor {
    this.check('AdaptiveAvgPool2d.forward', 'x', x);
    const { planes, H, W, OH, OW, shape } = adaptiveSizes('AdaptiveAvgPool2d.forward', x.shape, this.outputSize);
    const out = this.site.buffer('out', shape, this.dtype);
    this.kernels.adaptiveAvgPool2dForward(out.address, x.address, H, W, OH, OW, 0, planes);
    this.site.save('x', x);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const x = this.site.recall('AdaptiveAvgPool2d.backward', 'x');
    const { planes, H, W, OH, OW, shape } = adaptiveSizes('AdaptiveAvgPool2d.backward', x.shape, this.outputSize);
    this.check('AdaptiveAvgPool2d.backward', 'dy', dy, shape);
    const dx = this.site.buffer('dx', x.shape, this.dtype);
    this.kernels.adaptiveAvgPool2dBackward(dx.address, dy.address, H, W, OH, OW, 0, planes);
    return dx;
  }
}
