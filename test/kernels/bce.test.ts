import { expect, it } from 'vitest';
import { bce, bceWithLogits } from '../reference/loss.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

const block = 16;
const repeat = { period: 1, inner: 1 };

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  function run(
    formula: 'bce' | 'bceWithLogits',
    x: ArrayLike<number>,
    t: ArrayLike<number>,
    weights: { w?: ArrayLike<number>; by?: typeof repeat; p?: ArrayLike<number>; pos?: typeof repeat } = {},
  ) {
    const { w, by = repeat, p, pos = repeat } = weights;
    const n = x.length;
    const blocks = Math.ceil(n / block);
    const memory = new Guarded(core);
    const dout = new Random(9).normals(n);
    const at = {
      x: memory.input(dtype, x),
      t: memory.input(dtype, t),
      w: w ? memory.input(dtype, w) : 0,
      p: p ? memory.input(dtype, p) : 0,
      dout: memory.input(dtype, dout),
      out: memory.output(dtype, n),
      sums: memory.output('f64', blocks),
      dx: memory.output(dtype, n),
    };
    const sizes = [by.period, by.inner, pos.period, pos.inner] as const;
    const half = blocks >> 1;
    for (const [begin, end] of [
      [0, half],
      [half, blocks],
    ]) {
      kernels[`${formula}Forward`](at.out, at.sums, at.x, at.t, at.w, at.p, ...sizes, n, block, begin, end);
    }
    const cut = n >> 1;
    for (const [begin, end] of [
      [0, cut],
      [cut, n],
    ]) {
      kernels[`${formula}Backward`](at.dx, at.dout, at.x, at.t, at.w, at.p, ...sizes, 0.5, begin, end);
    }
    const got = {
      out: memory.read(dtype, at.out, n),
      sum: core.kernels.f64.total(at.sums, blocks),
      dx: memory.read(dtype, at.dx, n),
    };
    memory.verify();
    const weightAt = (v: ArrayLike<number> | undefined, { period, inner }: typeof repeat, i: number) =>
      v ? v[Math.floor(i / inner) % period] : 1;
    const { loss, slope } = formula === 'bce' ? bce : bceWithLogits;
    const from = (f: typeof bceWithLogits.loss) =>
      Float64Array.from(x, (v, i) => weightAt(w, by, i) * f(v, t[i], weightAt(p, pos, i)));
    const losses = from(loss);
    return { got, losses, gradient: from(slope).map((s, i) => 0.5 * s * dout[i]), slopes: from(slope) };
  }

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 53])('matches the definitions at n = %i', (n) => {
    const random = new Random(n);
    const uniforms = () => Float64Array.from({ length: n }, () => Math.fround(0.01 + 0.98 * random.uniform()));
    const t = uniforms();
    for (const [formula, x] of [
      ['bce', uniforms()],
      ['bceWithLogits', random.normals(n, 0, 3)],
    ] as const) {
      const { got, losses, gradient } = run(formula, x, t);
      const scale = Math.max(...losses) + Math.max(...x);
      expectClose(got.out, losses, { dtype, terms: 12, scale });
      expectClose([got.sum], [losses.reduce((sum, l) => sum + l, 0)], { dtype, terms: 12 + block, scale: scale * n });
      // x·(1 − x) in the denominator magnifies by at most 1/0.01.
      expectClose(got.dx, gradient, { dtype, terms: 16, scale: formula === 'bce' ? 200 : 4 });
    }
  });

  it.each([
    { over: [5, 7], period: 7, inner: 1 },
    { over: [3, 2, 5], period: 2, inner: 5 },
    { over: [2, 3, 9], period: 6, inner: 9 },
    { over: [9, 2], period: 9, inner: 2 },
    { over: [33], period: 1, inner: 33 },
  ])('broadcasts weights over $over: period $period, inner $inner', ({ over, period, inner }) => {
    const n = over.reduce((size, d) => size * d, 1);
    const random = new Random(n);
    const x = random.normals(n);
    const t = Float64Array.from({ length: n }, () => Math.fround(random.uniform()));
    const values = random.normals(period, 2, 0.5);
    const weighted = run('bceWithLogits', x, t, { w: values, by: { period, inner } });
    expectClose(weighted.got.out, weighted.losses, { dtype, terms: 12, scale: 20 });
    expectClose(weighted.got.dx, weighted.gradient, { dtype, terms: 16, scale: 20 });
    const positive = run('bceWithLogits', x, t, { p: values, pos: { period, inner } });
    expectClose(positive.got.out, positive.losses, { dtype, terms: 12, scale: 20 });
    expectClose(positive.got.dx, positive.gradient, { dtype, terms: 16, scale: 20 });
  });

  it('stays finite and exact for large logits', () => {
    const x = [1e4, 1e4, -1e4, -1e4, 200];
    const t = [1, 0, 1, 0, 0.5];
    const { got, slopes } = run('bceWithLogits', x, t);
    expect([...got.out]).toEqual([0, 1e4, 1e4, 0, 100]);
    expect(slopes.every(Number.isFinite)).toBe(true);
  });

  it('keeps the digits of a small gradient on both sides', () => {
    const { got } = run('bceWithLogits', [-20, 20], [0, 1]);
    const dout = new Random(9).normals(2);
    const tail = Math.exp(-20) / (1 + Math.exp(-20));
    expectClose([got.dx[0]], [0.5 * tail * dout[0]], { dtype, terms: 12 });
    expectClose([got.dx[1]], [-0.5 * tail * dout[1]], { dtype, terms: 12 });
  });

  it('clamps the logarithms of 0 at −100 and lets NaN through', () => {
    const { got } = run('bce', [0, 1, 0, 1, NaN], [1, 0, 0, 1, 1]);
    expect(Array.from(got.out, (l) => l + 0)).toEqual([100, 100, 0, 0, NaN]);
    expect(Number.isNaN(got.dx[4])).toBe(true);
    expect(Number.isNaN(run('bceWithLogits', [NaN, 0], [0, 0]).got.out[0])).toBe(true);
  });
});
