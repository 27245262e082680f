import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCore, gradCheck, Layer, LayerNorm, MSELoss, Parameter, Sequential, Tensor } from '../src/index.ts';
import { cores } from './support/builds.ts';

const [core] = cores;
const f64 = { core, dtype: 'f64' } as const;

/** A correct layer whose backward is then spoiled: every such fault must be found, and named. */
class Spoiled extends Layer {
  private readonly inner: Layer;
  private readonly spoil: (dx: Tensor, inner: Layer) => void;

  constructor(inner: Layer, spoil: (dx: Tensor, inner: Layer) => void) {
    super('Spoiled', inner);
    this.inner = this.child('inner', inner);
    this.spoil = spoil;
  }

  override forward(x: Tensor): Tensor {
    return this.inner.forward(x);
  }

  override backward(dy: Tensor): Tensor {
    const dx = this.inner.backward(dy);
    this.spoil(dx, this.inner);
    return dx;
  }
}

const gradientOf = (layer: Layer, name: string): Float64Array => {
  const [, parameter] = layer.namedParameters().find(([own]) => own === name) as [string, Parameter];
  return parameter.grad.data as Float64Array;
};

/** (a, b) → (a∘b, a/b), with a parameter s that scales the first: several inputs, several outputs. */
class Pair extends Layer<[a: Tensor, b: Tensor], readonly [product: Tensor, quotient: Tensor]> {
  readonly scale: Parameter;

  constructor() {
    super('Pair', f64);
    this.scale = this.parameter('scale', [1], (scale) => scale.fill(1.5));
  }

  override forward(a: Tensor, b: Tensor): readonly [Tensor, Tensor] {
    const product = this.site.buffer('product', a.shape, 'f64');
    const quotient = this.site.buffer('quotient', a.shape, 'f64');
    product.set(a.data.map((value, i) => this.scale.data[0] * value * b.data[i]));
    quotient.set(a.data.map((value, i) => value / b.data[i]));
    this.site.save('a', a);
    this.site.save('b', b);
    return [product, quotient];
  }

  override backward(dp: Tensor, dq: Tensor): readonly Tensor[] {
    const a = this.site.recall('Pair.backward', 'a');
    const b = this.site.recall('Pair.backward', 'b');
    const da = this.site.buffer('da', a.shape, 'f64');
    const db = this.site.buffer('db', a.shape, 'f64');
    const [s] = this.scale.data;
    da.set(a.data.map((_, i) => dp.data[i] * s * b.data[i] + dq.data[i] / b.data[i]));
    db.set(a.data.map((value, i) => dp.data[i] * s * value - (dq.data[i] * value) / b.data[i] ** 2));
    a.data.forEach((value, i) => {
      this.scale.grad.data[0] += dp.data[i] * value * b.data[i];
    });
    return [da, db];
  }
}

/** Multiplies by fresh random numbers and counts its calls in a buffer: what dropout and batch norm do. */
class Noisy extends Layer {
  readonly calls: Tensor;

  constructor() {
    super('Noisy', f64);
    this.calls = this.stateBuffer('calls', [1], 0);
  }

  override forward(x: Tensor): Tensor {
    const noise = this.site.buffer('noise', x.shape, 'f64').fillUniform();
    const out = this.site.buffer('out', x.shape, 'f64');
    const offset = this.calls.data[0]++;
    out.set(x.data.map((value, i) => value * noise.data[i] + offset));
    return out;
  }

  override backward(dy: Tensor): Tensor {
    const noise = this.site.buffer('noise', dy.shape, 'f64');
    return this.site.buffer('dx', dy.shape, 'f64').set(dy.data.map((value, i) => value * noise.data[i]));
  }
}

class HalfSquared {
  private difference: Float64Array | undefined;
  private readonly factor: number;

  constructor(factor = 1) {
    this.factor = factor;
  }

  forward(prediction: Tensor, target: Tensor): number {
    this.difference = Float64Array.from(prediction.data, (value, i) => value - target.data[i]);
    return this.difference.reduce((sum, d) => sum + (d * d) / 2, 0);
  }

  backward(upstream: number | Tensor = 1): Tensor {
    const gradient = (this.difference as Float64Array).map((d) => d * (upstream as number) * this.factor);
    return Tensor.from(gradient, [2, 3], f64);
  }
}

/** Gives the target the prediction's gradient, whose sign is the other one. */
class WrongTarget extends HalfSquared {
  backwardTarget(upstream: number | Tensor = 1): Tensor {
    return this.backward(upstream);
  }
}

describe('a correct gradient', () => {
  it('passes with an error below 1e-8', () => {
    const layer = new LayerNorm(7, f64);
    layer.weight?.fillNormal();
    const { ok, maxRelativeError, worst } = gradCheck(layer, [4, 7], { seed: 3, tolerance: 1e-8 });
    expect({ ok, worst }).toMatchObject({ ok: true, worst: { tensor: expect.stringMatching(/^(x|weight|bias)$/) } });
    expect(maxRelativeError).toBeLessThan(1e-8);
    expect(Math.abs(worst.analytic - worst.numeric)).toBeLessThan(1e-8 * Math.max(1, Math.abs(worst.analytic)));
  });

  it('passes where two elements nearly meet, which a fixed step cannot resolve', () => {
    const x = Tensor.from([1, 1.02, -1, 1], [2, 2], f64);
    expect(gradCheck(new LayerNorm(2, { ...f64, eps: 1e-12 }), x, { tolerance: 1e-6 }).ok).toBe(true);
  });

  it('passes for several inputs and outputs', () => {
    const shapes = [
      [2, 3],
      [2, 3],
    ];
    expect(gradCheck(new Pair(), shapes, { tolerance: 1e-8 }).ok).toBe(true);
    expect(gradCheck(new Pair(), [[3], Tensor.ones([3], f64)], { tolerance: 1e-8 }).ok).toBe(true);
  });

  it('passes for a loss, under an upstream gradient that is not 1', () => {
    const loss = new HalfSquared();
    expect(gradCheck(Object.assign(loss, { core }), [2, 3], { tolerance: 1e-8 }).ok).toBe(true);
    expect(gradCheck(loss, [[2, 3], Tensor.zeros([2, 3], f64)], { tolerance: 1e-8 }).ok).toBe(true);
    const given = [Tensor.rand([2, 3], f64), Tensor.rand([2, 3], f64)];
    expect(gradCheck(new WrongTarget(), given)).toMatchObject({ ok: false, worst: { tensor: 'target' } });
  });

  it('sees the same random numbers and the same running state at every evaluation', () => {
    const layer = new Noisy();
    layer.calls.fill(5);
    const { state } = core.random;
    expect(gradCheck(layer, [3, 4], { tolerance: 1e-8 }).ok).toBe(true);
    expect([...layer.calls.data]).toEqual([5]);
    expect(core.random.state).toEqual(state);
  });
});

describe('a wrong gradient', () => {
  it('of an input is found and named', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 1, max: 1000 }), (index, seed) => {
        const spoiled = new Spoiled(new LayerNorm(4, f64), (dx) => void (dx.data[index] += 1e-4));
        const { ok, maxRelativeError, worst } = gradCheck(spoiled, [3, 4], { seed });
        expect(ok).toBe(false);
        expect(maxRelativeError).toBeGreaterThan(1e-6);
        expect(worst).toMatchObject({ tensor: 'x', index });
        expect(worst.analytic - worst.numeric).toBeCloseTo(1e-4, 9);
        spoiled.dispose();
      }),
      { numRuns: 20 },
    );
  });

  it('of a parameter is found and named', () => {
    const spoiled = new Spoiled(new LayerNorm(4, f64), (_, inner) => void (gradientOf(inner, 'bias')[2] += 1e-4));
    expect(gradCheck(spoiled, [3, 4])).toMatchObject({ ok: false, worst: { tensor: 'inner.bias', index: 2 } });
  });

  it('that overwrites instead of adding is found', () => {
    const ones = new Spoiled(new LayerNorm(4, f64), (_, inner) => void gradientOf(inner, 'weight').fill(0.5));
    expect(gradCheck(ones, [3, 4])).toMatchObject({ ok: false, worst: { tensor: 'inner.weight', analytic: 0 } });
  });

  it('of zeros, of NaN or of a wrong factor is found', () => {
    const spoil = (change: (value: number) => number) =>
      gradCheck(new Spoiled(new LayerNorm(4, f64), (dx) => void dx.set(dx.data.map(change))), [3, 4]);
    expect(spoil(() => 0).ok).toBe(false);
    expect(spoil((value) => 1.00001 * value).ok).toBe(false);
    expect(spoil((value) => 1.00001 * value).maxRelativeError).toBeCloseTo(1e-5, 7);
    expect(spoil(() => NaN)).toMatchObject({ ok: false, maxRelativeError: Infinity });
  });

  it('of a loss is found', () => {
    const loss = Object.assign(new HalfSquared(1.01), { core });
    expect(gradCheck(loss, [2, 3])).toMatchObject({ ok: false, worst: { tensor: 'prediction' } });
  });

  it('in a layer whose methods were replaced from outside is found', () => {
    const layer = new LayerNorm(4, f64);
    const backward = layer.backward.bind(layer);
    layer.backward = (dy) => {
      const dx = backward(dy);
      dx.data[5] *= 1.1;
      return dx;
    };
    expect(gradCheck(layer, [2, 4])).toMatchObject({ ok: false, worst: { tensor: 'x', index: 5 } });
  });
});

describe('what a check leaves behind', () => {
  const bits = (tensor: Tensor) => [...new BigUint64Array(tensor.toArray().buffer)];

  it('is nothing: parameters, gradients, random numbers and memory are as they were', () => {
    const layer = new Sequential(new LayerNorm([2, 3], f64), new Sequential(new LayerNorm(3, f64)));
    for (const parameter of layer.parameters().slice(1)) parameter.fillNormal().grad.fillNormal();
    const x = Tensor.randn([4, 2, 3], f64);
    const measure = () => ({
      parameters: layer.parameters().map(bits),
      gradients: layer.parameters().map((parameter) => parameter.hasGrad && bits(parameter.grad)),
      x: bits(x),
      random: core.random.state,
      tensors: core.memory.stats().liveTensors,
      bytes: core.memory.stats().liveBytes,
    });
    const before = measure();
    for (const inputs of [x, x.shape]) expect(gradCheck(layer, inputs).ok).toBe(true);
    expect(measure()).toEqual(before);
    expect(() => gradCheck(layer, [4, 3, 2])).toThrow('x expected [..., 2, 3], got [4, 3, 2]');
    expect(measure()).toEqual(before);
    expect(before.gradients[0]).toBe(false);
  });

  it('is an earlier forward, whose backward still runs', () => {
    const layer = new LayerNorm(3, f64);
    const x = Tensor.randn([2, 3], f64);
    const dy = Tensor.randn([2, 3], f64);
    const y = layer.forward(x);
    const expected = [bits(y), bits(layer.backward(dy))];
    gradCheck(layer, [5, 3]);
    expect([bits(y), bits(layer.backward(dy))]).toEqual(expected);
  });

  it('is nothing of a loss either', () => {
    const loss = new MSELoss(f64);
    const [prediction, target] = [Tensor.randn([2, 3], f64), Tensor.randn([2, 3], f64)];
    loss.forward(prediction, target);
    const gradient = bits(loss.backward());
    const { liveTensors } = core.memory.stats();
    expect(gradCheck(loss, [4, 5]).ok).toBe(true);
    expect(core.memory.stats().liveTensors).toBe(liveTensors);
    expect(bits(loss.backward())).toEqual(gradient);
  });

  it('is the same result for the same seed', () => {
    const layer = new LayerNorm(5, f64);
    const [first, again, other] = [1, 1, 2].map((seed) => gradCheck(layer, [3, 5], { seed }));
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});

describe('what is refused', () => {
  const layer = new LayerNorm(4, f64);

  it('an f32 layer or tensor', () => {
    const f32 = new LayerNorm(4, { core });
    expect(() => gradCheck(f32, [3, 4])).toThrow("gradCheck needs dtype 'f64': LayerNorm is 'f32'");
    expect(() => gradCheck(layer, Tensor.zeros([3, 4], { core }))).toThrow(
      "gradCheck needs dtype 'f64': inputs is 'f32'",
    );
  });

  it('tensors of another core, and disposed ones', async () => {
    const foreign = Tensor.zeros([3, 4], { core: await createCore(), dtype: 'f64' });
    expect(() => gradCheck(layer, foreign)).toThrow('gradCheck: inputs belongs to another core');
    const gone = Tensor.zeros([3, 4], f64);
    gone.dispose();
    expect(() => gradCheck(layer, gone)).toThrow('gradCheck: inputs [3, 4] was disposed');
    const disposed = new LayerNorm(4, f64);
    disposed.dispose();
    expect(() => gradCheck(disposed, [3, 4])).toThrow('gradCheck: weight of LayerNorm was disposed');
  });

  it('shapes, options and layers that are none', () => {
    expect(() => gradCheck(layer, 'x' as never)).toThrow('inputs expected a shape, a Tensor or an array of these');
    expect(() => gradCheck(layer, [3, 0])).toThrow('gradCheck: inputs[1] expected a whole number ≥ 1, got 0');
    expect(() => gradCheck(layer, [3, 4], { epsilon: 1 } as object)).toThrow("got 'epsilon'");
    expect(() => gradCheck(layer, [3, 4], { eps: 0 })).toThrow('gradCheck: eps expected a finite number');
    expect(() => gradCheck(layer, [3, 4], { tolerance: NaN })).toThrow('gradCheck: tolerance expected');
    expect(() => gradCheck(layer, [3, 4], { seed: -1 })).toThrow('gradCheck: seed expected a whole number ≥ 0');
    expect(() => gradCheck({} as never, [3, 4])).toThrow('gradCheck: layer expected a layer or a loss');
    expect(() => gradCheck(null as never, [3, 4])).toThrow('gradCheck: layer expected a layer or a loss');
  });

  it('a backward whose result does not fit', () => {
    const wrong = Object.assign(new LayerNorm(4, f64), { backward: () => Tensor.zeros([4], f64) });
    expect(() => gradCheck(wrong, [3, 4])).toThrow('the gradient of x from backward expected [3, 4], got [4]');
    expect(() => gradCheck(new Noisy(), Tensor.from([1, 2], [2], { core, dtype: 'i32' }))).toThrow();
  });
});
