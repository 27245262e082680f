import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = log σ(x) = −log(1 + e⁻ˣ).
 * @see https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 */
export class LogSigmoid extends Activation {
  constructor(options: LayerOptions = {}) {
    super('LogSigmoid', options, 'logSigmoid');
  }
}
