import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = σ(x) = 1/(1 + e⁻ˣ).
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html
 */
export class Sigmoid extends Activation {
  constructor(options: LayerOptions = {}) {
    super('Sigmoid', options, 'sigmoid');
  }
}
