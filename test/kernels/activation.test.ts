import { expect, it } from 'vitest';
import { type Formula, savedBy } from '../../src/geometry/activation.ts';
import { activations } from '../reference/activation.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

const formulas = Object.keys(savedBy) as Formula[];

/** Hyper-parameters that f32 holds exactly, so that kernel and oracle work with the same. */
const parameters: Partial<Record<Formula, [a: number, b: number]>> = {
  leakyRelu: [0.125, 0],
  elu: [0.75, 0],
  selu: [1.625, 1.0625],
  softplus: [2, 20],
  hardtanh: [-0.5, 2],
  clamp: [-0.5, 2],
};

/** Their derivative is constant or comes of comparisons, all false for NaN: a NaN in x leaves dy finite. */
const kinked: Formula[] = ['relu', 'leakyRelu', 'hardtanh', 'hardsigmoid', 'neg', 'abs', 'clamp'];

const magnitudes = [0, 1e-42, 1e-30, 1e-3, 0.5, 0.9, 1, 1.5, 2, 3, 5, 6, 9.5, 11, 15, 20, 40, 87, 90, 104, 1e4, 1e20];

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];
  const leastNormal = dtype === 'f32' ? 2 ** -126 : 2 ** -1022;
  const round = dtype === 'f32' ? Math.fround : (x: number) => x;
  const edges = magnitudes.flatMap((x) => [round(x), -round(x)]);

  /** y and dx by the kernels, in two parts each as two threads would; and by definition. */
  function run(formula: Formula, x: ArrayLike<number>, dy: ArrayLike<number>) {
    const [a, b] = parameters[formula] ?? [0, 0];
    const { f, derivative } = activations[formula];
    const n = x.length;
    const xs = Array.from(x);
    const memory = new Guarded(core);
    const at = {
      x: memory.input(dtype, x),
      dy: memory.input(dtype, dy),
      out: memory.output(dtype, n),
      dx: memory.output(dtype, n),
    };
    for (const [begin, end] of [
      [0, n >> 1],
      [n >> 1, n],
    ]) {
      kernels[`${formula}Forward`](at.out, at.x, a, b, begin, end);
      kernels[`${formula}Backward`](at.dx, at.dy, savedBy[formula] === 'x' ? at.x : at.out, a, b, 0, begin, end);
    }
    const got = { y: memory.read(dtype, at.out, n), dx: memory.read(dtype, at.dx, n) };
    memory.verify();
    const slope = (v: number) => derivative(v, a, b);
    return {
      got,
      slope,
      expected: { y: xs.map((v) => f(v, a, b)), dx: xs.map((v, i) => dy[i] * slope(v)) },
    };
  }

  /**
   * What rounding the argument of f changes in f: |f| + |x·f′|; and below the normal numbers, whose roundings are
   * not relative, the error of one factor times the other.
   */
  function forwardScale(formula: Formula, x: ArrayLike<number>, y: number[], slope: (v: number) => number): number[] {
    // The rational function of erfc is good to 1e-17 of itself until erfc is 1e-29, to 4e-10 beyond.
    const least = formula === 'gelu' ? Math.max(leastNormal, 1e-30) : leastNormal;
    return y.map((v, i) => Math.abs(v) + Math.abs(x[i] * slope(x[i])) + least * (1 + Math.abs(x[i])));
  }

  /** The same for f′, its derivative as a difference. Where f′ is 1 − y² and the like, y is as large as 1. */
  function backwardScale(formula: Formula, x: ArrayLike<number>, dy: ArrayLike<number>, slope: (v: number) => number) {
    return Array.from(x, (v, i) => {
      const change = Math.abs(slope(v * (1 + 2 ** -12)) - slope(v)) * 2 ** 12;
      const fromOutput = formula === 'tanh' || formula === 'sigmoid' ? 1 : 0;
      return Math.abs(dy[i]) * (Math.abs(slope(v)) + change + fromOutput) + leastNormal * (1 + Math.abs(v));
    });
  }

  // exp costs 1 ulp = 2 u and enters at most twice; quotients, products and sums make up the rest.
  const terms = 16;

  for (const formula of formulas) {
    it(`${formula} follows its definition, far out too`, () => {
      const random = new Random(1);
      const x = [...edges, ...random.normals(83, 0, 3)];
      const dy = random.normals(x.length);
      const { got, expected, slope } = run(formula, x, dy);
      expectClose(got.y, expected.y, { dtype, terms, scale: forwardScale(formula, x, expected.y, slope) });
      for (let i = 0; i < x.length; i++) {
        // What is multiplied is y as the dtype holds it, and 1/0 = ∞ takes the sign of the zero.
        if (formula === 'exp') expected.dx[i] = dy[i] * round(expected.y[i]);
      }
      expectClose(got.dx, expected.dx, { dtype, terms, scale: backwardScale(formula, x, dy, slope) });
    });

    it(`${formula} lets NaN and ∞ through as its definition does`, () => {
      const x = [NaN, Infinity, -Infinity, NaN, 1];
      const { got, expected } = run(formula, x, [1, 1, 1, 1, NaN]);
      expect([...got.y.subarray(0, 4)]).toEqual(expected.y.slice(0, 4));
      if (!kinked.includes(formula)) expect(got.dx[0]).toBeNaN();
      expect(got.dx[4]).toBeNaN();
    });
  }

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 64, 67])('leaves what lies around %i elements alone', (n) => {
    const x = new Random(n).normals(n);
    const { got, expected } = run('relu', x, new Random(2).normals(n));
    expect([...got.y]).toEqual(expected.y);
    expect([...got.dx].map(Math.abs)).toEqual(expected.dx.map(Math.abs));
  });

  it('follows PyTorch where the derivative jumps', () => {
    const at = (formula: Formula, x: number[]) => [
      ...run(
        formula,
        x,
        x.map(() => 1),
      ).got.dx,
    ];
    expect(at('relu', [0, -0, 1e-30])).toEqual([0, 0, 1]);
    expect(at('leakyRelu', [0, -0])).toEqual([0.125, 0.125]);
    expect(at('elu', [0, -0])).toEqual([0.75, 0.75]);
    expect(at('hardtanh', [-0.5, 2, 0])).toEqual([0, 0, 1]);
    expect(at('hardsigmoid', [-3, 3])).toEqual([0, 0]);
    expect(at('hardswish', [-3, 3])).toEqual([-0.5, 1.5]);
    expect(at('softplus', [10, 10.5])[1]).toBe(1);
    expect(at('abs', [0, -0, 1e-30, -1e-30, NaN])).toEqual([0, 0, 1, -1, 0]);
    expect(at('clamp', [-0.5, 2, 0, -0.75, 3, NaN])).toEqual([1, 1, 1, 0, 0, 0]);
    expect(at('sqrt', [0, -0])).toEqual([Infinity, -Infinity]);
  });

  it.each(['relu', 'gelu', 'square', 'reciprocal'] as const)('%s adds to the gradient there is', (formula) => {
    const n = 67;
    const [x, dy] = [new Random(5).normals(n, 2), new Random(6).normals(n)];
    const { got } = run(formula, x, dy);
    const memory = new Guarded(core);
    const at = { dy: memory.input(dtype, dy), saved: memory.input(dtype, savedBy[formula] === 'x' ? x : got.y) };
    const dx = memory.output(dtype, n, new Float64Array(n).fill(3));
    kernels[`${formula}Backward`](dx, at.dy, at.saved, 0, 0, 1, 0, 5);
    kernels[`${formula}Backward`](dx, at.dy, at.saved, 0, 0, 1, 5, n);
    const sum = Array.from(got.dx, (d) => d + 3);
    expectClose(memory.read(dtype, dx, n), sum, { dtype, terms: 2, scale: got.dx.map((d) => Math.abs(d) + 3) });
    memory.verify();
  });

  it('may overwrite its input', () => {
    const memory = new Guarded(core);
    const x = new Random(3).normals(9);
    const at = memory.output(dtype, 9, x);
    kernels.siluForward(at, at, 0, 0, 0, 9);
    expect([...memory.read(dtype, at, 9)]).toEqual([...run('silu', x, x).got.y]);
    memory.verify();
  });
});
