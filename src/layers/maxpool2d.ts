import { checkOptions } from '../check.ts';
import { type MaxPool2dWindow, pool2dSizes, type Window2d, window2d } from '../geometry/pool2d.ts';
import type { Size2d } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { Layer, type LayerOptions } from './layer.ts';

export interface MaxPool2dOptions extends LayerOptions, MaxPool2dWindow {}

/**
 * The maximum of each window of an image. Padding counts as −∞. The gradient goes to the first of equal maxima, or
 * to the window's last NaN.
 *
 * x: [N, C, H, W] or [C, H, W]; y: the same with ⌊(H + 2·padding − dilation·(kernelSize − 1) − 1)/stride⌋ + 1 rows
 * and as many columns of W (with ceilMode ⌈…⌉ + 1, less one where the last window would start in the right padding).
 * @throws RangeError when padding is more than half of the kernel size, or x holds no window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 */
export class MaxPool2d extends Layer {
  private readonly window: Window2d;

  constructor(kernelSize: Size2d, options: MaxPool2dOptions = {}) {
    const call = 'new MaxPool2d';
    checkOptions(call, options, ['stride', 'padding', 'dilation', 'ceilMode', 'dtype', 'core']);
    const window = window2d(call, kernelSize, options);
    super('MaxPool2d', options);
    this.window = window;
  }

  override forward(x: Tensor): Tensor {
    this.check('MaxPool2d.forward', 'x', x);
    const { planes, H, W, OH, OW, shape } = pool2dSizes('MaxPool2d.forward', x.shape, this.window);
    const { kernelSize, stride, padding, dilation } = this.window;
    const out = this.site.buffer('out', shape, this.dtype);
    const argmax = this.site.buffer('argmax', shape, 'i32');
    // biome-ignore format: outputs, inputs, sizes
    this.kernels.maxPool2dForward(
      out.address, argmax.address,
      x.address,
      H, W, OH, OW, ...kernelSize, ...stride, ...padding, ...dilation, 0, planes,
    );
    this.site.save('x', x);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const x = this.site.recall('MaxPool2d.backward', 'x');
    const { planes, H, W, OH, OW, shape } = pool2dSizes('MaxPool2d.backward', x.shape, this.window);
    this.check('MaxPool2d.backward', 'dy', dy, shape);
    const argmax = this.site.buffer('argmax', shape, 'i32');
    const dx = this.site.buffer('dx', x.shape, this.dtype);
    this.kernels.maxPool2dBackward(dx.address, dy.address, argmax.address, H * W, OH * OW, 0, planes);
    return dx;
  }
}
