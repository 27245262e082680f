import { checkOptions } from '../check.ts';
import { type MaxPool2dWindow, pool2dSizes, quadsWidth, type Window2d, window2d } from '../geometry/pool2d.ts';
import type { Application, TensorSpec } from '../operation.ts';
import type { Size2d } from '../shape.ts';
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

  override prepare(call: string, [x]: readonly TensorSpec[]): Application {
    const sizes = pool2dSizes(call, x.shape, this.window);
    const { planes, H, W, OH, OW, shape } = sizes;
    const quadsW = quadsWidth(this.window, sizes);
    const { kernelSize, stride, padding, dilation } = this.window;
    const [KH, KW, SH, SW, PH, PW, DH, DW] = [kernelSize, stride, padding, dilation].flat();
    return {
      outputs: [{ shape, dtype: x.dtype }],
      saved: [{ shape, dtype: 'i32' }],
      forward: ({ inputs, outputs, saved }) => {
        // biome-ignore format: outputs, inputs, sizes
        this.kernels.maxPool2dForward(
          outputs[0].address, saved[0].address,
          inputs[0].address,
          H, W, OH, OW, KH, KW, SH, SW, PH, PW, DH, DW, 0, planes,
        );
      },
      backward: ({ saved }, gradients) => {
        const dx = gradients.inputs[0];
        const dout = gradients.outputs[0];
        if (!dx || !dout) return;
        // biome-ignore format: outputs, inputs, sizes
        this.kernels.maxPool2dBackward(
          dx.address,
          dout.address, saved[0].address,
          H * W, OH * OW, quadsW, 0, planes,
        );
      },
    };
  }
}
