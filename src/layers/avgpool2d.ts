import { checkOptions } from '../check.ts';
import { type AvgPool2dWindow, averageOf, pool2dSizes, type Window2d, window2d } from '../geometry/pool2d.ts';
import type { Application, TensorSpec } from '../operation.ts';
import type { Size2d } from '../shape.ts';
import { Layer, type LayerOptions } from './layer.ts';

export interface AvgPool2dOptions extends LayerOptions, AvgPool2dWindow {}

/**
 * The average of each window of an image: its sum, padding counting as 0, divided by the number of its places,
 * with those in the padding (countIncludePad) or without, but never those that ceilMode lets reach beyond it.
 *
 * x: [N, C, H, W] or [C, H, W]; y: the same with ⌊(H + 2·padding − kernelSize)/stride⌋ + 1 rows and as many columns
 * of W (with ceilMode ⌈…⌉ + 1, less one where the last window would start in the right padding).
 * @throws RangeError when padding is more than half of the kernel size, or x holds no window
 * @see https://pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
 */
export class AvgPool2d extends Layer {
  private readonly window: Window2d;
  private readonly countIncludePad: boolean;
  private readonly divisor: number;

  constructor(kernelSize: Size2d, options: AvgPool2dOptions = {}) {
    const call = 'new AvgPool2d';
    checkOptions(call, options, [
      'stride',
      'padding',
      'ceilMode',
      'countIncludePad',
      'divisorOverride',
      'dtype',
      'core',
    ]);
    const window = window2d(call, kernelSize, options);
    const { countIncludePad, divisor } = averageOf(call, options);
    super('AvgPool2d', options);
    this.window = window;
    this.countIncludePad = countIncludePad;
    this.divisor = divisor;
  }

  override prepare(call: string, [x]: readonly TensorSpec[]): Application {
    const { planes, H, W, OH, OW, shape } = pool2dSizes(call, x.shape, this.window);
    const { kernelSize, stride, padding } = this.window;
    const [KH, KW, SH, SW, PH, PW] = [kernelSize, stride, padding].flat();
    const includePad = Number(this.countIncludePad);
    const workspace = () => this.core.memory.scratch(this.kernels.avgPool2dWorkspace(W, OH, OW, KW, SW, PW));
    return {
      outputs: [{ shape, dtype: x.dtype }],
      reserve: () => void workspace(),
      forward: ({ inputs, outputs }) => {
        // biome-ignore format: outputs, inputs, sizes
        this.kernels.avgPool2dForward(
          outputs[0].address,
          inputs[0].address, workspace(),
          H, W, OH, OW, KH, KW, SH, SW, PH, PW, includePad, this.divisor, 0, planes,
        );
      },
      backward: (_, gradients) => {
        const dx = gradients.inputs[0];
        const dout = gradients.outputs[0];
        if (!dx || !dout) return;
        // biome-ignore format: outputs, inputs, sizes
        this.kernels.avgPool2dBackward(
          dx.address,
          dout.address, workspace(),
          H, W, OH, OW, KH, KW, SH, SW, PH, PW, includePad, this.divisor, 0, planes,
        );
      },
    };
  }
}
