import { expect, it } from 'vitest';
import { elementwise } from '../reference/loss.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

const block = 16;
const formulas = ['mse', 'l1', 'huber', 'smoothL1', 'klDiv', 'klDivLog'] as const;

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  function run(formula: (typeof formulas)[number], x: ArrayLike<number>, t: ArrayLike<number>, a: number, scale = 1) {
    const n = x.length;
    const blocks = Math.ceil(n / block);
    const memory = new Guarded(core);
    const dout = new Random(9).normals(n);
    const at = {
      x: memory.input(dtype, x),
      t: memory.input(dtype, t),
      dout: memory.input(dtype, dout),
      out: memory.output(dtype, n),
      sums: memory.output('f64', blocks),
      dx: memory.output(dtype, n),
      bare: memory.output(dtype, n),
    };
    // In two parts each, as two threads would.
    const half = blocks >> 1;
    kernels[`${formula}Forward`](at.out, at.sums, at.x, at.t, a, n, block, 0, half);
    kernels[`${formula}Forward`](at.out, at.sums, at.x, at.t, a, n, block, half, blocks);
    const cut = n >> 1;
    kernels[`${formula}Backward`](at.dx, at.dout, at.x, at.t, a, scale, 0, cut);
    kernels[`${formula}Backward`](at.dx, at.dout, at.x, at.t, a, scale, cut, n);
    kernels[`${formula}Backward`](at.bare, 0, at.x, at.t, a, scale, 0, n);
    const got = {
      out: memory.read(dtype, at.out, n),
      sums: memory.read('f64', at.sums, blocks),
      sum: core.kernels.f64.total(at.sums, blocks),
      dx: memory.read(dtype, at.dx, n),
      bare: memory.read(dtype, at.bare, n),
      dout,
    };
    memory.verify();
    return got;
  }

  for (const formula of formulas) {
    it.each([1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 53])(`${formula} matches its definition at n = %i`, (n) => {
      const random = new Random(n);
      const x = random.normals(n);
      // KL divergence takes probabilities, one of them 0.
      const t = formula === 'klDiv' ? random.normals(n).map((v) => Math.fround(Math.exp(v))) : random.normals(n);
      if (formula === 'klDiv') t[0] = 0;
      const a = formula === 'huber' || formula === 'smoothL1' ? 0.75 : 0;
      const got = run(formula, x, t, a, -0.5);
      const { loss, slope } = elementwise[formula];
      const losses = Float64Array.from(x, (v, i) => loss(v, t[i], a));
      const slopes = Float64Array.from(x, (v, i) => slope(v, t[i], a));
      // x − t rounds once; log and exp are good to 2 ulp; what is summed is no larger than |x|·t and t·log t.
      const scale = Math.max(...losses.map((l, i) => Math.abs(l) + Math.abs(x[i] * t[i]) + 1));
      expectClose(got.out, losses, { dtype, terms: 8, scale });
      expectClose(
        got.bare,
        slopes.map((s) => -0.5 * s),
        { dtype, terms: 6 },
      );
      expectClose(
        got.dx,
        slopes.map((s, i) => -0.5 * s * got.dout[i]),
        { dtype, terms: 6 },
      );
      for (let b = 0; b < got.sums.length; b++) {
        const part = losses.subarray(b * block, (b + 1) * block);
        const sum = part.reduce((total, l) => total + l, 0);
        expectClose([got.sums[b]], [sum], { dtype, terms: 8 + block, scale: scale * block });
      }
      const sum = losses.reduce((total, l) => total + l, 0);
      expectClose([got.sum], [sum], { dtype, terms: 8 + block, scale: scale * n });
    });

    it(`${formula} lets NaN spoil its own element only`, () => {
      const x = [1, NaN, 2, 3, 4];
      const got = run(formula, x, [1, 1, 1, 1, 1], 0.5);
      expect([...got.out].map(Number.isNaN)).toEqual([false, true, false, false, false]);
      if (formula.startsWith('klDiv')) return; // its gradient depends on the target only
      expect([...got.bare].map(Number.isNaN)).toEqual([false, true, false, false, false]);
    });
  }

  it('goes through infinities and ties as the definitions say', () => {
    const x = [Infinity, -Infinity, 1, 0];
    const t = [0, 0, 1, Infinity];
    expect([...run('mse', x, t, 0).out]).toEqual([Infinity, Infinity, 0, Infinity]);
    expect([...run('l1', x, t, 0).bare]).toEqual([1, -1, 0, -1]);
    expect([...run('huber', x, t, 2).out]).toEqual([Infinity, Infinity, 0, Infinity]);
    expect([...run('huber', x, t, 2).bare]).toEqual([2, -2, 0, -2]);
    expect([...run('smoothL1', x, t, 0).out]).toEqual([Infinity, Infinity, 0, Infinity]);
    expect([...run('smoothL1', x, t, 0).bare]).toEqual([1, -1, 0, -1]);
    expect([...run('klDiv', [-1, -1], [0, 1], 0).out]).toEqual([0, 1]);
  });

  it.each([1, 3, 4, 5, 8, 1023])('total adds %i numbers in f64', (n) => {
    const memory = new Guarded(core);
    const x = new Random(n).normals(n);
    const got = kernels.total(memory.input(dtype, x), n);
    memory.verify();
    const magnitude = x.reduce((sum, v) => sum + Math.abs(v), 0);
    expectClose([got], [x.reduce((sum, v) => sum + v, 0)], { dtype: 'f64', terms: 2 * n, scale: magnitude });
  });
});
