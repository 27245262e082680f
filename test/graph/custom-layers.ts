import {
  type Application,
  type InputGradients,
  Layer,
  type LayerOptions,
  type Parameter,
  type Tensor,
  type TensorSpec,
} from '../../src/index.ts';

/** y = gain·x, by `forward` and `backward` of its own, with as many calls counted. */
export class Gain extends Layer {
  readonly gain: Parameter;
  passes = 0;

  constructor(options: LayerOptions = {}, value = 1.5) {
    super('Gain', options);
    this.gain = this.parameter('gain', [], (gain) => gain.fill(value));
  }

  override forward(x: Tensor): Tensor {
    this.check('Gain.forward', 'x', x);
    this.passes++;
    this.site.save('x', x);
    const out = this.site.buffer('out', x.shape, x.dtype);
    const [gain] = this.gain.data;
    out.data.set(x.data.map((value) => gain * value));
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const x = this.site.recall('Gain.backward', 'x');
    const dx = this.site.buffer('dx', x.shape, x.dtype);
    const [gain] = this.gain.data;
    this.gain.grad.data[0] += x.data.reduce((sum, value, i) => sum + value * dy.data[i], 0);
    dx.data.set(dy.data.map((value) => gain * value));
    return dx;
  }
}

type Pair = readonly [Tensor, Tensor];

/** (a·b, a + weight·b) by `prepare`, with two inputs and two outputs. */
export class Mix extends Layer<[a: Tensor, b: Tensor], Pair> {
  readonly weight: Parameter;

  constructor(options: LayerOptions = {}) {
    super('Mix', options);
    this.weight = this.parameter('weight', [], (weight) => weight.fill(0.75));
  }

  override prepare(call: string, [a, b]: readonly TensorSpec[]): Application {
    if (a.shape.join() !== b.shape.join()) throw new RangeError(`${call}: b expected [${a.shape}], got [${b.shape}]`);
    return {
      outputs: [a, a],
      readsInputs: [0, 1],
      hasParameters: true,
      forward: ({ inputs: [a, b], outputs: [product, sum] }) => {
        const [weight] = this.weight.data;
        for (let i = 0; i < a.size; i++) {
          product.data[i] = a.data[i] * b.data[i];
          sum.data[i] = a.data[i] + weight * b.data[i];
        }
      },
      backward: ({ inputs: [a, b] }, { inputs: [da, db], outputs: [dproduct, dsum] }) => {
        const [weight] = this.weight.data;
        for (let i = 0; i < a.size; i++) {
          const [dp, ds] = [dproduct?.data[i] ?? 0, dsum?.data[i] ?? 0];
          if (da) da.data[i] = dp * b.data[i] + ds;
          if (db) db.data[i] = dp * a.data[i] + ds * weight;
          this.weight.grad.data[0] += ds * b.data[i];
        }
      },
    };
  }
}

/** The same by `forward` and `backward` of its own. */
export class OwnMix extends Layer<[a: Tensor, b: Tensor], Pair> {
  private readonly mix: Mix;

  constructor(options: LayerOptions = {}) {
    super('OwnMix', options);
    this.mix = this.child('mix', new Mix(options) as unknown as Layer) as unknown as Mix;
  }

  override forward(a: Tensor, b: Tensor): Pair {
    return this.mix.forward(a, b);
  }

  override backward(dproduct: Tensor, dsum: Tensor): InputGradients<[Tensor, Tensor]> {
    return this.mix.backward(dproduct, dsum);
  }
}
