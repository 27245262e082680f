import { checkOptions } from '../check.ts';
import { adaptiveSize, adaptiveSizes, type OutputSize } from '../geometry/pool2d.ts';
import type { Application, TensorSpec } from '../operation.ts';
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

  override prepare(call: string, [x]: readonly TensorSpec[]): Application {
    const { planes, H, W, OH, OW, shape } = adaptiveSizes(call, x.shape, this.outputSize);
    return {
      outputs: [{ shape, dtype: x.dtype }],
      saved: [{ shape, dtype: 'i32' }],
      forward: ({ inputs, outputs, saved }) => {
        this.kernels.adaptiveMaxPool2dForward(
          outputs[0].address,
          saved[0].address,
          inputs[0].address,
          H,
          W,
          OH,
          OW,
          0,
          planes,
        );
      },
      backward: ({ saved }, gradients) => {
        const dx = gradients.inputs[0];
        const dout = gradients.outputs[0];
        if (!dx || !dout) return;
        this.kernels.maxPool2dBackward(dx.address, dout.address, saved[0].address, H * W, OH * OW, 0, 0, planes);
      },
    };
  }
}
