import { checkOptions } from '../check.ts';
import type { Formula } from '../geometry/activation.ts';
import type { Application, TensorSpec } from '../operation.ts';
import { activationApplication } from '../operations/activation.ts';
import { Layer, type LayerOptions } from './layer.ts';

/**
 * A function of each element alone, y = f(x) and dx = dy·f′, of tensors of any shape. A subclass names the formula
 * and gives its hyper-parameters a and b, where it has any.
 */
export abstract class Activation extends Layer {
  private readonly formula: Formula;
  private readonly a: number;
  private readonly b: number;

  protected constructor(name: string, options: LayerOptions, formula: Formula, a = 0, b = 0) {
    checkOptions(`new ${name}`, options, ['dtype', 'core']);
    super(name, options);
    this.formula = formula;
    this.a = a;
    this.b = b;
  }

  override prepare(_call: string, [x]: readonly TensorSpec[]): Application {
    return activationApplication(this.core, x, this.formula, this.a, this.b);
  }
}
