import { expect, it } from 'vitest';
import { adam } from '../reference/adam.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

interface Settings {
  lr: number;
  betas?: [number, number];
  eps?: number;
  weightDecay?: number;
  amsgrad?: boolean;
  maximize?: boolean;
  decoupled?: boolean;
}

const settings: Settings[] = [
  { lr: 0.01 },
  { lr: 0.01, weightDecay: 0.1, amsgrad: true },
  { lr: 0.01, weightDecay: 0.1, decoupled: true, maximize: true, betas: [0.8, 0.95], eps: 1e-3 },
];

forEachBuild((core, dtype) => {
  /** Step t in two parts, as two threads would take it. */
  function run(
    t: number,
    p: Float64Array,
    m: Float64Array,
    v: Float64Array,
    vmax: Float64Array,
    g: Float64Array,
    s: Settings,
  ) {
    const { lr, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, amsgrad, maximize, decoupled } = s;
    const memory = new Guarded(core);
    const n = p.length;
    const at = [p, m, v].map((values) => memory.output(dtype, n, values));
    const top = amsgrad ? memory.output(dtype, n, vmax) : 0;
    const grad = memory.input(dtype, g);
    const alpha = lr / (1 - betas[0] ** t);
    const c = 1 / Math.sqrt(1 - betas[1] ** t);
    const [shrink, penalty] = decoupled ? [1 - lr * weightDecay, 0] : [1, weightDecay];
    const cut = n >> 1;
    for (const [begin, end] of [
      [0, cut],
      [cut, n],
    ]) {
      // biome-ignore format: outputs, inputs, settings
      core.kernels[dtype].adamStep(
        at[0], at[1], at[2], top, grad,
        alpha, betas[0], betas[1], c, eps, shrink, penalty, maximize ? -1 : 1, begin, end,
      );
    }
    const [gotP, gotM, gotV] = at.map((address) => memory.read(dtype, address, n));
    const gotMax = top ? memory.read(dtype, top, n) : vmax;
    memory.verify();
    return { p: gotP, m: gotM, v: gotV, vmax: gotMax };
  }

  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 257, 1027]) {
    it.each(settings)(`matches the definition at size ${size}, %o`, (options) => {
      const random = new Random(size);
      const [p, m, g] = [random.normals(size), random.normals(size), random.normals(size)];
      const v = random.normals(size).map(Math.abs);
      const vmax = options.amsgrad ? random.normals(size).map(Math.abs) : v;
      const t = 3;
      const expected = { t: t - 1, m: m.slice(), v: v.slice(), vmax: vmax.slice() };
      const after = p.slice();
      adam(after, expected, g, options);

      // Sums of absolute terms: of g, m and v; and of p, whose step inherits the relative error of v.
      const { lr, betas: [b1, b2] = [0.9, 0.999], eps = 1e-8, weightDecay = 0, decoupled, amsgrad } = options;
      const G = g.map((value, i) => Math.abs(value) + (decoupled ? 0 : weightDecay * Math.abs(p[i])));
      const M = G.map((value, i) => b1 * Math.abs(m[i]) + (1 - b1) * value);
      const V = G.map((value, i) => b2 * v[i] + (1 - b2) * value * value);
      const P = p.map((value, i) => {
        const w = amsgrad ? expected.vmax[i] : expected.v[i];
        const root = Math.sqrt(w / (1 - b2 ** t)) + eps;
        return Math.abs(value) + ((lr / (1 - b1 ** t)) * M[i] * (1 + V[i] / w)) / root;
      });
      const got = run(t, p, m, v, vmax, g, options);
      expectClose(got.m, expected.m, { dtype, terms: 6, scale: M });
      expectClose(got.v, expected.v, { dtype, terms: 9, scale: V });
      if (amsgrad) expectClose(got.vmax, expected.vmax, { dtype, terms: 9, scale: V });
      expectClose(got.p, after, { dtype, terms: 16, scale: P });
    });
  }

  it('keeps NaN and ∞ to their own element', () => {
    const zero = new Float64Array(5);
    const g = Float64Array.of(NaN, 1, Infinity, 1, 1);
    const got = run(1, Float64Array.of(1, Infinity, 1, 1, 1), zero, zero, zero, g, { lr: 0.5, amsgrad: true });
    expect([...got.p].map(Number.isFinite)).toEqual([false, false, false, true, true]);
    expect([...got.p].slice(0, 3)).toEqual([NaN, Infinity, NaN]); // ∞/√∞² is NaN, as in PyTorch
    expect([...got.vmax].slice(0, 3)).toEqual([NaN, got.vmax[3], Infinity]);
  });
});
