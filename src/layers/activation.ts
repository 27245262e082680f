import { type Formula, savedBy } from '../geometry/activation.ts';
import type { Tensor } from '../tensor.ts';
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
    super(name, options);
    this.formula = formula;
    this.a = a;
    this.b = b;
  }

  override forward(x: Tensor): Tensor {
    this.check(`${this.name}.forward`, 'x', x);
    const out = this.site.buffer('out', x.shape, this.dtype);
    this.kernels[`${this.formula}Forward`](out.address, x.address, this.a, this.b, 0, x.size);
    this.site.save('saved', savedBy[this.formula] === 'x' ? x : out);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const saved = this.site.recall(`${this.name}.backward`, 'saved');
    this.check(`${this.name}.backward`, 'dy', dy, saved.shape);
    const dx = this.site.buffer('dx', saved.shape, this.dtype);
    this.kernels[`${this.formula}Backward`](dx.address, dy.address, saved.address, this.a, this.b, 0, 0, saved.size);
    return dx;
  }
}
