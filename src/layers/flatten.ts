import { checkInteger, checkOptions } from '../check.ts';
import { flattenedShape } from '../geometry/flatten.ts';
import type { Application, TensorSpec } from '../operation.ts';
import { Layer, type LayerOptions } from './layer.ts';

/**
 * Makes the axes from `startDim` to `endDim` one; by default all but the batch. The output is a view of the input
 * and the input's gradient a view of the output's: nothing is copied.
 *
 * x: [N, C, H, W], say; y: [N, C·H·W].
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 */
export class Flatten extends Layer {
  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim = 1, endDim = -1, options: LayerOptions = {}) {
    checkOptions('new Flatten', options, ['dtype', 'core']);
    checkInteger('new Flatten', 'startDim', startDim);
    checkInteger('new Flatten', 'endDim', endDim);
    super('Flatten', options);
    this.startDim = startDim;
    this.endDim = endDim;
  }

  override prepare(call: string, [{ shape, dtype }]: readonly TensorSpec[]): Application {
    return { outputs: [{ shape: flattenedShape(call, shape, this.startDim, this.endDim), dtype }], view: true };
  }
}
