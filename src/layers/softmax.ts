import type { LayerOptions } from './layer.ts';
import { SoftmaxLayer } from './softmax-layer.ts';

/**
 * y = e^x/Σ e^x along axis `dim`, which may count from the back. x and y: any shape.
 * @throws in forward when x has no such axis
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html
 */
export class Softmax extends SoftmaxLayer {
  constructor(dim: number, options: LayerOptions = {}) {
    super('Softmax', 'softmax', dim, options);
  }
}
