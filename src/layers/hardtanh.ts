import { checkNumber, reject } from '../check.ts';
import { Activation } from './activation.ts';
import type { LayerOptions } from './layer.ts';

/**
 * y = min(max(x, minVal), maxVal); its gradient at both ends is 0.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 */
export class Hardtanh extends Activation {
  readonly minVal: number;
  readonly maxVal: number;

  constructor(minVal = -1, maxVal = 1, options: LayerOptions = {}) {
    checkNumber('new Hardtanh', 'minVal', minVal);
    checkNumber('new Hardtanh', 'maxVal', maxVal);
    if (!(minVal < maxVal)) reject('new Hardtanh', 'maxVal', `a number > minVal = ${minVal}`, maxVal);
    super('Hardtanh', options, 'hardtanh', minVal, maxVal);
    this.minVal = minVal;
    this.maxVal = maxVal;
  }
}
