import { expect, it } from 'vitest';
import { layerNorm, layerNormGradients } from '../reference/layernorm.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  function run(rows: number, C: number, x: Float64Array, eps: number, affine: boolean) {
    const random = new Random(C);
    const together = 16;
    const memory = new Guarded(core);
    const gamma = affine ? random.normals(C, 1) : undefined;
    const beta = affine ? random.normals(C) : undefined;
    const dy = random.normals(rows * C);

    const at = {
      x: memory.input(dtype, x),
      dy: memory.input(dtype, dy),
      gamma: gamma ? memory.input(dtype, gamma) : 0,
      scale: memory.input(dtype, gamma ?? new Float64Array(C).fill(1)),
      beta: beta ? memory.input(dtype, beta) : 0,
      out: memory.output(dtype, rows * C),
      mean: memory.output(dtype, rows),
      rstd: memory.output(dtype, rows),
      dx: memory.output(dtype, rows * C),
      sums: memory.output(dtype, 2 * Math.ceil(rows / together) * C),
    };
    // In two parts, as two threads would: of rows, and of blocks of rows.
    const half = rows >> 1;
    for (const [begin, end] of [
      [0, half],
      [half, rows],
    ]) {
      kernels.layerNormForward(at.out, at.mean, at.rstd, at.x, at.gamma, at.beta, C, eps, begin, end);
    }
    const blocks = Math.ceil(rows / together);
    for (const [begin, end] of [
      [0, 1],
      [1, blocks],
    ]) {
      // biome-ignore format: outputs, inputs, sizes
      kernels.layerNormBackward(
        at.dx, at.sums, at.dy, at.x, at.scale, at.mean, at.rstd,
        C, rows, together, begin, end,
      );
    }
    const read = (address: number, size: number) => memory.read(dtype, address, size);
    const sums = read(at.sums, 2 * blocks * C);
    const totals = Float64Array.from({ length: 2 * C }, (_, i) => {
      const ofBlocks = sums.subarray(i < C ? 0 : blocks * C);
      return Array.from({ length: blocks }, (_, block) => ofBlocks[block * C + (i % C)]).reduce((a, b) => a + b);
    });
    const got = {
      y: read(at.out, rows * C),
      dx: read(at.dx, rows * C),
      dgamma: totals.subarray(0, C),
      dbeta: totals.subarray(C),
    };
    memory.verify();
    return { got, expected: { ...layerNorm(x, C, eps, gamma, beta), ...layerNormGradients(dy, x, C, eps, gamma) } };
  }

  for (const C of [1, 2, 3, 4, 5, 7, 8, 9, 64, 257, 1027]) {
    it.each([true, false])(`matches the definition at C = ${C}, affine %s`, (affine) => {
      const rows = 19;
      const { got, expected } = run(rows, C, new Random(1).normals(rows * C), 1e-5, affine);
      // One rounding of μ moves every x̂ by u·|μ|·r.
      const shift = Math.max(...expected.mean.map((mean, row) => Math.abs(mean) * expected.rstd[row]));
      expectClose(got.y, expected.y, { dtype, terms: C + 8, scale: 4 + 2 * shift });
      // For C ≤ 2 the gradient is a difference of equal numbers as large as r.
      const scale = Math.max(...expected.rstd) * 4;
      expectClose(got.dx, expected.dx, { dtype, terms: C + 8, scale });
      expectClose(got.dgamma, expected.dgamma, { dtype, terms: rows + C + 8, scale: 8 });
      expectClose(got.dbeta, expected.dbeta, { dtype, terms: rows + 8, scale: 8 });
    });
  }

  it('keeps its digits when the mean is 10⁴ times the deviation', () => {
    const { got, expected } = run(3, 64, new Random(2).normals(3 * 64, 1e4, 1), 1e-5, true);
    // x − μ is exact to half an ulp of 10⁴; the one-pass formula would be off by 1 and more in f32.
    const u = dtype === 'f32' ? 2 ** -24 : 2 ** -53;
    expectClose(got.y, expected.y, { dtype, terms: 4e4, scale: 4 });
    expect(4e4 * u * 4).toBeLessThan(0.01);
  });

  it('gives β and no gradient on constant rows', () => {
    const { got, expected } = run(3, 5, new Float64Array(15).fill(3), 1e-5, true);
    expectClose(got.y, expected.y, { dtype, terms: 4 });
    expectClose(got.dx, expected.dx, { dtype, terms: 16, scale: Math.max(...expected.rstd) * 4 });
  });

  it('lets NaN and ∞ spoil their own row only', () => {
    const C = 6;
    const x = new Random(3).normals(3 * C);
    x[1] = NaN;
    x[C + 5] = Infinity;
    const { got } = run(3, C, x, 1e-5, true);
    expect(got.y.subarray(0, 2 * C).every(Number.isNaN)).toBe(true);
    expect(got.dx.subarray(0, 2 * C).every(Number.isNaN)).toBe(true);
    expect(got.y.subarray(2 * C).every(Number.isFinite)).toBe(true);
    expect(got.dx.subarray(2 * C).every(Number.isFinite)).toBe(true);
  });

  it('gives the same bits in rows so long that they are read ahead', () => {
    const [rows, C, lane] = [16, 131_075, dtype === 'f32' ? 4 : 8];
    const memory = new Guarded(core);
    const random = new Random(4);
    const at = {
      x: memory.input(dtype, random.normals(rows * C)),
      dy: memory.input(dtype, random.normals(rows * C)),
      gamma: memory.input(dtype, random.normals(C, 1)),
      beta: memory.input(dtype, random.normals(C)),
      mean: memory.output(dtype, rows),
      rstd: memory.output(dtype, rows),
      out: memory.output(dtype, rows * C),
      dx: memory.output(dtype, rows * C),
      sums: memory.output(dtype, 2 * C),
    };
    /** y and dx, in calls for `count` rows. */
    const results = (count: number) => {
      for (let row = 0; row < rows; row += count) {
        const [out, dx, dy, x] = [at.out, at.dx, at.dy, at.x].map((address) => address + row * C * lane);
        const [mean, rstd] = [at.mean + row * lane, at.rstd + row * lane];
        kernels.layerNormForward(out, mean, rstd, x, at.gamma, at.beta, C, 1e-5, 0, count);
        kernels.layerNormBackward(dx, at.sums, dy, x, at.gamma, mean, rstd, C, count, rows, 0, 1);
      }
      return [memory.read(dtype, at.out, rows * C), memory.read(dtype, at.dx, rows * C)];
    };
    const [y, dx] = results(rows);
    const [yByRows, dxByRows] = results(1);
    memory.verify();
    expect(y.every((value, i) => value === yByRows[i])).toBe(true);
    expect(dx.every((value, i) => value === dxByRows[i])).toBe(true);
  });
});
