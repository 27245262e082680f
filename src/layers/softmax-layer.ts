import { checkInteger, checkOptions } from '../check.ts';
import { linesAlong } from '../geometry/softmax.ts';
import type { Tensor } from '../tensor.ts';
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

  override forward(x: Tensor): Tensor {
    const call = `${this.name}.forward`;
    this.check(call, 'x', x);
    const { rows, C, inner } = linesAlong(call, x.shape, this.dim);
    const out = this.site.buffer('out', x.shape, this.dtype);
    this.kernels[`${this.kernel}Forward`](out.address, x.address, C, inner, 0, rows);
    this.site.save('out', out);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const call = `${this.name}.backward`;
    const out = this.site.recall(call, 'out');
    this.check(call, 'dy', dy, out.shape);
    const { rows, C, inner } = linesAlong(call, out.shape, this.dim);
    const dx = this.site.buffer('dx', out.shape, this.dtype);
    this.kernels[`${this.kernel}Backward`](dx.address, dy.address, out.address, C, inner, 0, rows);
    return dx;
  }
}
