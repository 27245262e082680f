import { expect, it } from 'vitest';
import { rmsprop } from '../reference/rmsprop.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

interface Settings {
  lr: number;
  alpha?: number;
  eps?: number;
  weightDecay?: number;
  momentum?: number;
  centered?: boolean;
  maximize?: boolean;
}

const settings: Settings[] = [
  { lr: 0.01 },
  { lr: 0.01, alpha: 0.9, momentum: 0.9, maximize: true, eps: 1e-3 },
  { lr: 0.01, centered: true },
  { lr: 0.01, centered: true, momentum: 0.5, weightDecay: 0.1 },
];

forEachBuild((core, dtype) => {
  type State = { square: Float64Array; mean: Float64Array; velocity: Float64Array };

  /** One step in two parts, as two threads would take it. */
  function run(p: Float64Array, state: State, g: Float64Array, options: Settings) {
    const { lr, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered, maximize } = options;
    const memory = new Guarded(core);
    const n = p.length;
    const param = memory.output(dtype, n, p);
    const square = memory.output(dtype, n, state.square);
    const mean = centered ? memory.output(dtype, n, state.mean) : 0;
    const velocity = momentum ? memory.output(dtype, n, state.velocity) : 0;
    const grad = memory.input(dtype, g);
    const cut = n >> 1;
    for (const [begin, end] of [
      [0, cut],
      [cut, n],
    ]) {
      // biome-ignore format: outputs, inputs, settings
      core.kernels[dtype].rmspropStep(
        param, square, mean, velocity, grad,
        lr, alpha, eps, momentum, weightDecay, maximize ? -1 : 1, begin, end,
      );
    }
    const read = (address: number) => memory.read(dtype, address, n);
    const got = {
      p: read(param),
      square: read(square),
      mean: mean ? read(mean) : undefined,
      velocity: velocity ? read(velocity) : undefined,
    };
    memory.verify();
    return got;
  }

  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 257, 1027]) {
    it.each(settings)(`matches the definition at size ${size}, %o`, (options) => {
      const { lr, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered } = options;
      const random = new Random(size);
      const [p, g, velocity] = [random.normals(size), random.normals(size), random.normals(size)];
      const mean = random.normals(size, 0, 0.5);
      const square = mean.map((value) => Math.fround(value * value + 0.5 + random.uniform()));
      const expected = { square: square.slice(), mean: mean.slice(), velocity: velocity.slice() };
      const after = p.slice();
      rmsprop(after, expected, g, options);

      // Sums of absolute terms; a direction inherits the relative error of the variance under the root.
      const G = g.map((value, i) => Math.abs(value) + weightDecay * Math.abs(p[i]));
      const S = G.map((value, i) => alpha * square[i] + (1 - alpha) * value * value);
      const A = G.map((value, i) => alpha * Math.abs(mean[i]) + (1 - alpha) * value);
      const D = G.map((value, i) => {
        const variance = expected.square[i] - (centered ? expected.mean[i] ** 2 : 0);
        const terms = S[i] + (centered ? A[i] ** 2 : 0);
        return (value * (1 + terms / variance)) / (Math.sqrt(variance) + eps) + momentum * Math.abs(velocity[i]);
      });
      const got = run(p, { square, mean, velocity }, g, options);
      expectClose(got.square, expected.square, { dtype, terms: 9, scale: S });
      if (got.mean) expectClose(got.mean, expected.mean, { dtype, terms: 6, scale: A });
      if (got.velocity) expectClose(got.velocity, expected.velocity, { dtype, terms: 18, scale: D });
      expectClose(got.p, after, { dtype, terms: 20, scale: p.map((value, i) => Math.abs(value) + lr * D[i]) });
    });
  }

  it('takes a variance that rounding made negative as 0', () => {
    const one = Float64Array.of(1);
    const state = { square: Float64Array.of(1), mean: Float64Array.of(1 + 2 ** -20), velocity: one };
    const { p } = run(one, state, one, { lr: 0.25, alpha: 1, eps: 0.5, centered: true });
    expect(p[0]).toBe(0.5); // 1 − 0.25·1/(√0 + 0.5)
  });

  it('keeps NaN and ∞ to their own element', () => {
    const state = () => new Float64Array(5).fill(1);
    const got = run(
      Float64Array.of(1, Infinity, 1, 1, 1),
      { square: state(), mean: new Float64Array(5), velocity: state() },
      Float64Array.of(NaN, 1, Infinity, 1, 1),
      { lr: 0.5, centered: true, momentum: 0.9 },
    );
    expect([...got.p].slice(0, 3)).toEqual([NaN, Infinity, NaN]);
    expect([...got.p].slice(3).every(Number.isFinite)).toBe(true);
  });
});
