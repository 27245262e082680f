import { checkOneOf, checkOptions } from '../check.ts';
import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

export interface GELUOptions extends LayerOptions {
  /** 'none' for Φ by the error function (default), 'tanh' for the approximation that GPT-2 was trained with. */
  approximate?: 'none' | 'tanh';
}

/**
 * y = x·Φ(x), Φ the standard normal distribution; or y = ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
 * @see https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 */
export class GELU extends Activation {
  readonly approximate: 'none' | 'tanh';

  constructor(options: GELUOptions = {}) {
    checkOptions('new GELU', options, ['approximate', 'dtype', 'core']);
    const { approximate: asked, ...others } = options;
    const approximate = checkOneOf('new GELU', 'approximate', asked ?? 'none', ['none', 'tanh']);
    super('GELU', others, approximate === 'tanh' ? 'geluTanh' : 'gelu');
    this.approximate = approximate;
  }
}
