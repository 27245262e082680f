import { checkInteger, checkOptions } from '../check.ts';
import { flattenedShape } from '../geometry/flatten.ts';
import type { Tensor } from '../tensor.ts';
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

  override forward(x: Tensor): Tensor {
    this.check('Flatten.forward', 'x', x);
    const y = this.site.view('y', x, flattenedShape('Flatten.forward', x.shape, this.startDim, this.endDim));
    this.site.save('x', x);
    return y;
  }

  override backward(dy: Tensor): Tensor {
    const { shape } = this.site.recall('Flatten.backward', 'x');
    this.check('Flatten.backward', 'dy', dy, flattenedShape('Flatten.backward', shape, this.startDim, this.endDim));
    return this.site.view('dx', dy, shape);
  }
}
