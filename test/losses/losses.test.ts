import { expect, expectTypeOf, it } from 'vitest';
import {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  type Loss,
  MSELoss,
  NLLLoss,
  type Reduction,
  SmoothL1Loss,
  Tensor,
} from '../../src/index.ts';
import { bceWithLogits, crossEntropy, elementwise } from '../reference/loss.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

const [core] = cores;
const f64 = { core, dtype: 'f64' } as const;
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, v) => total + v, 0);

forEachBuild((core, dtype) => {
  it.each(['mean', 'sum', 'none'] as const)('reduces by %s over 3000 elements', (reduction) => {
    const random = new Random(1);
    const shape = [3, 10, 100];
    const [xs, ts, up] = [random.normals(3000), random.normals(3000), random.normals(3000)];
    const x = Tensor.from(xs, shape, { core, dtype });
    const t = Tensor.from(ts, shape, { core, dtype });
    const upstream = Tensor.from(up, shape, { core, dtype });
    const losses = xs.map((v, i) => elementwise.mse.loss(v, ts[i]));
    const slopes = xs.map((v, i) => elementwise.mse.slope(v, ts[i]));
    const loss = new MSELoss<Reduction>({ core, dtype, reduction });
    const value = loss.forward(x, t);
    if (typeof value !== 'number') {
      expectClose(value.data, losses, { dtype, terms: 4 });
      expectClose(loss.backward().data, slopes, { dtype, terms: 4 });
      expectClose(
        loss.backward(upstream).data,
        slopes.map((s, i) => s * up[i]),
        { dtype, terms: 6 },
      );
      expectClose(
        loss.backwardTarget(upstream).data,
        slopes.map((s, i) => -s * up[i]),
        { dtype, terms: 6 },
      );
    } else {
      const divisor = reduction === 'mean' ? 3000 : 1;
      // A lane sums 256 of a block's 1024 elements; the blocks are added in f64.
      expectClose([value], [sum(losses) / divisor], { dtype, terms: 256 + 8 });
      expectClose(
        loss.backward().data,
        slopes.map((s) => s / divisor),
        { dtype, terms: 6 },
      );
      expectClose(
        loss.backward(-3).data,
        slopes.map((s) => (-3 * s) / divisor),
        { dtype, terms: 6 },
      );
      expectClose(
        loss.backwardTarget().data,
        slopes.map((s) => -s / divisor),
        { dtype, terms: 6 },
      );
    }
    loss.dispose();
    for (const tensor of [x, t, upstream]) tensor.dispose();
  });

  it('divides a weighted mean of cross entropies by the weights of the labels that count', () => {
    const C = 5;
    const xs = new Random(2).normals(6 * C);
    const labels = [0, 4, -100, 2, 2, 1];
    const weights = [0.5, 1, 2, 3, 1.5];
    const weight = Tensor.from(weights, [C], { core, dtype });
    const x = Tensor.from(xs, [6, C], { core, dtype });
    const target = Tensor.from(labels, [6], { core, dtype: 'i32' });
    const loss = new CrossEntropyLoss({ weight, labelSmoothing: 0.1, core, dtype });
    const expected = crossEntropy(xs, { labels }, C, 1, { weight: weights, smoothing: 0.1 });
    expect(expected.divisor).toBe(0.5 + 1.5 + 2 + 2 + 1);
    expectClose([loss.forward(x, target)], [sum(expected.losses) / expected.divisor], { dtype, terms: 40, scale: 10 });
    const dx = expected.gradient(new Float64Array(6).fill(2 / expected.divisor));
    expectClose(loss.backward(2).data, dx, { dtype, terms: 30, scale: 4 });
  });

  it('takes [C] logits, images, and probabilities, by the dtype of the target', () => {
    const loss = new CrossEntropyLoss({ core, dtype });
    const xs = new Random(3).normals(24);
    const one = loss.forward(
      Tensor.from(xs.slice(0, 4), [4], { core, dtype }),
      Tensor.from([2], [], { core, dtype: 'i32' }),
    );
    const row = crossEntropy(xs.slice(0, 4), { labels: [2] }, 4, 1);
    expectClose([one], row.losses, { dtype, terms: 20, scale: 10 });
    expectClose(loss.backward().data, row.gradient([1]), { dtype, terms: 20, scale: 2 });
    const image = Tensor.from(xs, [2, 4, 3], { core, dtype });
    const labels = [0, 1, 2, 3, 0, 1];
    const hard = loss.forward(image, Tensor.from(labels, [2, 3], { core, dtype: 'i32' }));
    expectClose([hard], [sum(crossEntropy(xs, { labels }, 4, 3).losses) / 6], { dtype, terms: 40, scale: 10 });
    const probabilities = new Float64Array(24).fill(0.25);
    const soft = loss.forward(image, Tensor.from(probabilities, [2, 4, 3], { core, dtype }));
    expectClose([soft], [sum(crossEntropy(xs, { probabilities }, 4, 3).losses) / 6], { dtype, terms: 40, scale: 10 });
  });

  it('stays accurate over a million elements', () => {
    const n = 1 << 20;
    const x = Tensor.full([n], 0.1, { core, dtype });
    const t = Tensor.zeros([n], { core, dtype });
    const loss = new L1Loss({ core, dtype, reduction: 'sum' });
    const each = x.data[0];
    expectClose([loss.forward(x, t)], [n * each], { dtype, terms: 256 });
    for (const tensor of [loss, x, t]) tensor.dispose();
  });

  it('allocates nothing once warm, and gives all back', () => {
    const before = core.memory.stats().liveBytes;
    const loss = new CrossEntropyLoss({ core, dtype });
    const x = Tensor.randn([32, 10], { core, dtype });
    const target = Tensor.zeros([32], { core, dtype: 'i32' });
    const step = () => {
      loss.forward(x, target);
      return loss.backward();
    };
    const dx = step();
    const warm = core.memory.stats();
    for (let i = 0; i < 100; i++) expect(step()).toBe(dx);
    expect(core.memory.stats()).toEqual(warm);
    for (const tensor of [loss, x, target]) tensor.dispose();
    expect(core.memory.stats().liveBytes).toBe(before);
  });
});

/** Central differences of Σ upstream∘loss in f64, with a random upstream gradient for 'none'. */
function checkGradient(loss: Loss<'none'>, x: Tensor, target: Tensor): void {
  const shape = loss.forward(x, target).shape;
  const upstream = Tensor.randn(shape, f64);
  const value = () => sum(loss.forward(x, target).data.map((l, i) => l * upstream.data[i]));
  const analytic = loss.backward(upstream).toArray();
  const eps = 1e-5;
  for (let i = 0; i < x.size; i++) {
    const kept = x.data[i];
    x.data[i] = kept + eps;
    const above = value();
    x.data[i] = kept - eps;
    const below = value();
    x.data[i] = kept;
    const numeric = (above - below) / (2 * eps);
    // The third derivatives are of order 10, ε² = 1e-10; cancellation leaves 1e-16·|Σ|/ε.
    expect(Math.abs(analytic[i] - numeric), `element ${i}: ${analytic[i]}, ${numeric}`).toBeLessThan(2e-8);
  }
}

it('has gradients that central differences confirm', () => {
  const options = { ...f64, reduction: 'none' } as const;
  const x = Tensor.from(new Random(4).normals(24), [2, 4, 3], f64);
  const far = Tensor.from(new Random(5).normals(24), [2, 4, 3], f64);
  const p = Tensor.rand([2, 4, 3], { ...f64, low: 0.2, high: 0.8 });
  const probability = Tensor.rand([2, 4, 3], { ...f64, low: 0.3, high: 0.7 });
  const posWeight = Tensor.from([0.5, 2, 3, 1], [4, 1], f64);
  const weight = Tensor.from([0.5, 2, 3, 1], [4], f64);
  const labels = Tensor.from([0, 1, 2, 3, -100, 1], [2, 3], { core, dtype: 'i32' });
  checkGradient(new MSELoss(options), x, far);
  checkGradient(new L1Loss(options), x, far);
  checkGradient(new HuberLoss({ ...options, delta: 0.7 }), x, far);
  checkGradient(new SmoothL1Loss({ ...options, beta: 0.7 }), x, far);
  checkGradient(new KLDivLoss(options), x, p);
  checkGradient(new KLDivLoss({ ...options, logTarget: true }), x, far);
  checkGradient(new BCELoss(options), probability, p);
  checkGradient(new BCEWithLogitsLoss({ ...options, posWeight, weight: posWeight }), x, p);
  checkGradient(new NLLLoss({ ...options, weight }), x, labels);
  checkGradient(new CrossEntropyLoss({ ...options, weight, labelSmoothing: 0.1 }), x, labels);
  checkGradient(new CrossEntropyLoss({ ...options, weight, labelSmoothing: 0.1 }), x, p);
});

it('agrees with itself: smooth L1 = huber/β, L1 at β = 0, NLL of log-softmax = cross entropy', () => {
  const x = Tensor.randn([4, 5], f64);
  const t = Tensor.randn([4, 5], f64);
  const smooth = new SmoothL1Loss({ ...f64, beta: 0.3 }).forward(x, t);
  expect(smooth).toBeCloseTo(new HuberLoss({ ...f64, delta: 0.3 }).forward(x, t) / 0.3, 12);
  expect(new SmoothL1Loss({ ...f64, beta: 0 }).forward(x, t)).toBe(new L1Loss(f64).forward(x, t));
  const ln = x.data.map((v, i) => {
    const row = x.data.slice(i - (i % 5), i - (i % 5) + 5);
    return v - Math.log(sum(row.map(Math.exp)));
  });
  const labels = Tensor.from([0, 1, 2, 3], [4], { core, dtype: 'i32' });
  const likelihood = new NLLLoss(f64).forward(Tensor.from(ln, [4, 5], f64), labels);
  expect(new CrossEntropyLoss(f64).forward(x, labels)).toBeCloseTo(likelihood, 12);
});

it('divides a KL divergence by the batch, or by all elements', () => {
  const x = Tensor.from(new Random(7).normals(12), [2, 3, 2], f64);
  const t = Tensor.rand([2, 3, 2], f64);
  const total = new KLDivLoss({ ...f64, reduction: 'sum' }).forward(x, t);
  const batch = new KLDivLoss({ ...f64, reduction: 'batchmean' });
  expect(batch.forward(x, t)).toBe(total / 2);
  expectClose(
    batch.backward().data,
    Array.from(t.data, (v) => -v / 2),
    { dtype: 'f64', terms: 4 },
  );
  expect(new KLDivLoss(f64).forward(x, t)).toBe(total / 12);
});

it('broadcasts the weights of binary losses by PyTorch’s rule', () => {
  const x = new Random(6).normals(12);
  const t = x.map((_, i) => i % 2);
  const prediction = Tensor.from(x, [2, 3, 2], f64);
  const target = Tensor.from(t, [2, 3, 2], f64);
  const forward = (shape: number[], of: (i: number) => number) => {
    const posWeight = Tensor.from([1, 2, 3].slice(0, shape.includes(3) ? 3 : 1), shape, f64);
    const got = new BCEWithLogitsLoss({ ...f64, posWeight }).forward(prediction, target);
    expect(got).toBeCloseTo(sum(x.map((v, i) => bceWithLogits.loss(v, t[i], of(i)))) / 12, 12);
  };
  forward([3, 1], (i) => 1 + (Math.floor(i / 2) % 3));
  forward([1, 3, 1], (i) => 1 + (Math.floor(i / 2) % 3));
  forward([], () => 1);
  forward([1], () => 1);
  const posWeight = Tensor.ones([3], f64);
  expect(() => new BCEWithLogitsLoss({ ...f64, posWeight }).forward(prediction, target)).toThrow(
    'BCEWithLogitsLoss.forward: posWeight expected a shape that broadcasts to [2, 3, 2] over neighbouring axes, got [3]',
  );
  const apart = Tensor.ones([2, 1, 2], f64);
  expect(() => new BCEWithLogitsLoss({ ...f64, weight: apart }).forward(prediction, target)).toThrow('neighbouring');
});

it('is NaN when every label is ignored, with a gradient of zeros, as in PyTorch', () => {
  const x = Tensor.randn([2, 3], f64);
  const target = Tensor.full([2], -100, { core, dtype: 'i32' });
  for (const loss of [new CrossEntropyLoss(f64), new NLLLoss(f64)]) {
    expect(loss.forward(x, target)).toBeNaN();
    expect([...loss.backward().data].every((v) => v === 0)).toBe(true);
  }
});

it('says in its types what a reduction returns', () => {
  expectTypeOf(new MSELoss({ core }).forward).returns.toEqualTypeOf<number>();
  expectTypeOf(new CrossEntropyLoss({ core, reduction: 'sum' }).forward).returns.toEqualTypeOf<number>();
  expectTypeOf(new CrossEntropyLoss({ core, reduction: 'none' }).forward).returns.toEqualTypeOf<Tensor>();
  expectTypeOf(new KLDivLoss({ core, reduction: 'batchmean' }).forward).returns.toEqualTypeOf<number>();
});

it('refuses what it cannot take, before anything changes', () => {
  const i32 = { core, dtype: 'i32' } as const;
  expect(() => new MSELoss({ core, reduction: 'batchmean' as 'mean' })).toThrow("got 'batchmean'");
  expect(() => new HuberLoss({ core, delta: 0 })).toThrow('new HuberLoss: delta expected a number > 0, got 0');
  expect(() => new HuberLoss({ core, beta: 1 } as object)).toThrow("got 'beta'");
  expect(() => new SmoothL1Loss({ core, beta: -1 })).toThrow('beta expected a finite number ≥ 0, got -1');
  expect(() => new CrossEntropyLoss({ core, ignoreIndex: 1.5 })).toThrow(
    'ignoreIndex expected a whole number, got 1.5',
  );
  expect(() => new CrossEntropyLoss({ core, labelSmoothing: 1.5 })).toThrow('labelSmoothing expected');
  expect(() => new CrossEntropyLoss({ core, weight: Tensor.ones([2, 2], { core }) })).toThrow('weight expected [C]');
  expect(() => new CrossEntropyLoss({ core, weight: Tensor.ones([2], f64) })).toThrow('weight expected dtype f32');

  const x = Tensor.randn([4, 3], { core });
  const mse = new MSELoss({ core });
  expect(() => mse.backward()).toThrow('MSELoss.backward: no forward pass to go back through');
  expect(() => mse.forward(x, Tensor.zeros([3], { core }))).toThrow('MSELoss.forward: target expected [4, 3], got [3]');
  expect(() => mse.forward(x, Tensor.zeros([4, 3], f64))).toThrow('target expected dtype f32');
  expect(() => mse.backwardTarget()).toThrow('no forward pass');

  const labels = Tensor.from([0, 1, 2, -100], [4], i32);
  const loss = new CrossEntropyLoss({ core });
  const before = loss.forward(x, labels);
  const gradient = loss.backward().toArray();
  const refused = (prediction: Tensor, target: Tensor, message: string, Kind: ErrorConstructor = Error) => {
    expect(() => loss.forward(prediction, target)).toThrow(message);
    expect(() => loss.forward(prediction, target)).toThrow(Kind);
    expect(loss.backward().toArray()).toEqual(gradient);
  };
  const range = 'a label from 0 to 2, or -100 to be ignored';
  refused(
    x,
    Tensor.from([0, 1, 3, 0], [4], i32),
    `CrossEntropyLoss.forward: target[2] expected ${range}, got 3`,
    RangeError,
  );
  refused(x, Tensor.from([0, -1, 3, 0], [4], i32), `target[1] expected ${range}, got -1`, RangeError);
  refused(x, Tensor.zeros([3], i32), 'target expected [4], got [3]');
  refused(x, Tensor.zeros([4, 1], i32), 'target expected [4], got [4, 1]');
  refused(x, Tensor.zeros([4], { core }), 'target expected [4, 3], got [4]');
  refused(x, Tensor.zeros([4, 3], f64), 'target expected dtype i32 (labels) or f32 (probabilities), got');
  refused(Tensor.zeros([], { core }), labels, 'prediction expected [C] or [N, C, ...], got []');
  refused(Tensor.zeros([4, 3], f64), labels, 'prediction expected dtype f32');
  refused([1, 2] as unknown as Tensor, labels, 'prediction expected a Tensor');
  refused(x, [1, 2] as unknown as Tensor, 'target expected a Tensor');
  const gone = Tensor.zeros([4, 3], { core });
  gone.dispose();
  refused(gone, labels, 'was disposed');
  if (cores.length > 1) refused(Tensor.zeros([4, 3], { core: cores[1] }), labels, 'belongs to another core', TypeError);
  expect(loss.forward(x, labels)).toBe(before);

  expect(() => loss.backward('1' as unknown as number)).toThrow(
    'CrossEntropyLoss.backward: upstream expected a number',
  );
  const none = new CrossEntropyLoss({ core, reduction: 'none' });
  none.forward(x, labels);
  expect(() => none.backward(Tensor.ones([3], { core }))).toThrow('upstream expected [4], got [3]');
  // A label is an address in backward: one that was overwritten since forward must not reach the kernel.
  labels.data[0] = 1e6;
  expect(() => none.backward()).toThrow('CrossEntropyLoss.backward: target[0] expected');
  labels.dispose();
  expect(() => none.backward()).toThrow('was disposed');
  none.dispose();
  expect(() => none.backward()).toThrow('no forward pass');
});
