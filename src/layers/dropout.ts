import { checkNumber, checkOptions } from '../check.ts';
import type { Tensor } from '../tensor.ts';
import { Layer, type LayerOptions } from './layer.ts';

/**
 * In training, sets each element to 0 with probability `p` and multiplies the others by 1/(1 − p), so that the
 * mean stays; in `eval()`, and for p = 0, hands its argument on as it is. The random numbers come from the core's
 * generator (`manualSeed`).
 *
 * x and y: any shape.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends Layer {
  readonly p: number;

  constructor(p = 0.5, options: LayerOptions = {}) {
    checkOptions('new Dropout', options, ['dtype', 'core']);
    checkNumber('new Dropout', 'p', p, 0, 1);
    super('Dropout', options);
    this.p = p;
  }

  override forward(x: Tensor): Tensor {
    this.check('Dropout.forward', 'x', x);
    const p = this.training ? this.p : 0;
    const out = p > 0 ? this.site.buffer('out', x.shape, this.dtype) : x;
    this.site.save('x', x);
    this.site.note('p', p);
    if (p === 0) return x;
    // Draws are a function of seed and index, so these two numbers are all that backward needs.
    const { seed } = this.core.random;
    const drawn = this.core.random.take(x.size);
    this.site.note('seed', seed);
    this.site.note('drawn', drawn);
    this.kernels.dropout(out.address, x.address, p, seed, drawn, 0, x.size);
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const call = 'Dropout.backward';
    this.check(call, 'dy', dy, this.site.recall(call, 'x').shape);
    const p = this.site.noted(call, 'p');
    if (p === 0) return dy;
    const dx = this.site.buffer('dx', dy.shape, this.dtype);
    const seed = this.site.noted(call, 'seed');
    const drawn = this.site.noted(call, 'drawn');
    this.kernels.dropout(dx.address, dy.address, p, seed, drawn, 0, dy.size);
    return dx;
  }
}
