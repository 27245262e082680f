import { expect, it } from 'vitest';
import { dropout } from '../reference/dropout.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  function run(x: ArrayLike<number>, p: number, seed: number, drawn: number, cuts: readonly number[] = []) {
    const memory = new Guarded(core);
    const n = x.length;
    const input = memory.input(dtype, x);
    const out = memory.output(dtype, n);
    const bounds = [0, ...cuts, n];
    for (let i = 1; i < bounds.length; i++) {
      core.kernels[dtype].dropout(out, input, p, seed, drawn, bounds[i - 1], bounds[i]);
    }
    const got = memory.read(dtype, out, n);
    memory.verify();
    return got;
  }

  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 257]) {
    it.each([0, 0.1, 0.5, 0.9])(`matches the definition at size ${size}, p = %d`, (p) => {
      const x = new Random(size).normals(size);
      expectClose(run(x, p, 7, 100, [size >> 1]), dropout(x, p, 7, 100), { dtype, terms: 2 });
    });
  }

  it('draws the same wherever begin and end cut', () => {
    const x = new Random(1).normals(101);
    const whole = run(x, 0.5, 2 ** 53 - 1, 12345);
    expect(run(x, 0.5, 2 ** 53 - 1, 12345, [1, 2, 5, 50, 99])).toEqual(whole);
    expectClose(whole, dropout(x, 0.5, 2 ** 53 - 1, 12345), { dtype, terms: 2 });
  });

  // A guard word is NaN, and NaN times a factor is the same NaN: guards alone would not see a write too many here.
  it.each([
    [0, 3],
    [1, 4],
    [3, 5],
    [5, 6],
  ])('writes elements [%i, %i) and no others', (begin, end) => {
    const memory = new Guarded(core);
    const out = memory.output(dtype, 8, new Float64Array(8).fill(7));
    core.kernels[dtype].dropout(out, memory.input(dtype, new Float64Array(8).fill(1)), 0.5, 1, 0, begin, end);
    const written = [...memory.read(dtype, out, 8)].map((value) => value !== 7);
    expect(written).toEqual(written.map((_, i) => i >= begin && i < end));
    memory.verify();
  });

  it('multiplies by 0: NaN and ∞ become NaN, the sign of 0 stays', () => {
    expect([...run([NaN, Infinity, 2, -2], 1, 1, 0)]).toEqual([NaN, NaN, 0, -0]);
    expect([...run([NaN, -Infinity, 2, -0], 0, 1, 0)]).toEqual([NaN, -Infinity, 2, -0]);
  });
});
