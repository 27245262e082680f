import { type Layer, Tensor } from 'simdgrad';

/** head(body(y) + y) of y = stem(x), as one writes it by hand over layers: with loops for the sums. */
export class ResidualNet {
  private readonly stem: Layer;
  private readonly body: Layer;
  private readonly head: Layer;
  private sum: Tensor | undefined;

  constructor(stem: Layer, body: Layer, head: Layer) {
    this.stem = stem;
    this.body = body;
    this.head = head;
  }

  forward(x: Tensor): Tensor {
    const y = this.stem.forward(x);
    const z = this.body.forward(y);
    this.sum ??= Tensor.zeros(y.shape, { core: y.core });
    const [sum, a, b] = [this.sum.data, z.data, y.data];
    for (let i = 0; i < sum.length; i++) sum[i] = a[i] + b[i];
    return this.head.forward(this.sum);
  }

  backward(dout: Tensor): Tensor {
    const dsum = this.head.backward(dout);
    const dy = this.body.backward(dsum);
    const [sum, b] = [dy.data, dsum.data];
    for (let i = 0; i < sum.length; i++) sum[i] += b[i];
    return this.stem.backward(dy);
  }
}
