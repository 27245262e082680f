import { checkInteger, checkOptions } from '../check.ts';
import type { Application, TensorSpec } from '../operation.ts';
import { softmaxApplication } from '../operations/softmax.ts';
import { Layer, type LayerOptions } from './layer.ts';

/** Softmax or its logarithm over one axis; subclasses name the kernel. */
export abstract class SoftmaxLayer extends Layer {
  readonly dim: number;
  private readonly kernel: 'softmax' | 'logSoftmax';

  protected constructor(name: string, kernel: 'softmax' | 'logSoftmax', dim: number, options: LayerOptions) {
    checkInteger(`new ${name}`, 'dim', dim);
    checkOptions(`new ${name}`, options, ['dtype', 'core']);
    super(name, options);
    this.kernel = kernel;
    this.dim = dim;
  }

  override prepare(call: string, [x]: readonly TensorSpec[]): Application {
    return softmaxApplication(call, this.core, x, this.kernel, this.dim);
  }
}
