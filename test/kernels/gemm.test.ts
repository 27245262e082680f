import { expect, it } from 'vitest';
import { gemm } from '../reference/gemm.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

// Around the tile (4 or 6 rows, 8 or 4 columns), the blocks (KC = 256, NC = 512, MB = 768) and with tails.
const sizes = [
  [1, 1, 1], [1, 9, 3], [3, 7, 5], [4, 8, 4], [5, 9, 2], [6, 4, 7], [7, 17, 33], [12, 16, 255], [13, 11, 256],
  [24, 40, 257], [2, 521, 300], [775, 3, 4], [31, 515, 9],
  // One vector of columns or less left, and few columns, which are computed as rows.
  [33, 17, 5], [29, 20, 6], [17, 1, 300], [40, 10, 70], [530, 12, 33],
  // Few rows, which go without packing: columns and terms in fours, eights and tails.
  [1, 37, 70], [1, 4, 8], [2, 6, 19], [2, 35, 131], [1, 3, 1],
  // Rows by rows, whose terms are lanes: blocks of terms, odd rows, columns that fill no tile.
  [3, 8, 67], [9, 13, 110], [4, 6, 1025], [5, 19, 2051],
]; // biome-ignore format: sizes

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];
  const bytes = dtype === 'f32' ? 4 : 8;

  function run(
    [M, N, K]: number[],
    transposeA: boolean,
    transposeB: boolean,
    alpha: number,
    beta: number,
    cut = kernels.gemmLines(M, N, K),
  ) {
    const random = new Random(M * 31 + N * 7 + K);
    const memory = new Guarded(core);
    const [a, b, before] = [random.normals(M * K), random.normals(K * N), random.normals(M * N)];
    const workspaceSize = kernels.gemmWorkspace(M, N, K);
    // Nothing may be read from an output that is to be overwritten: it starts as NaN.
    const c = memory.output(dtype, M * N, beta === 0 ? undefined : before);
    const [A, B] = [memory.input(dtype, a), memory.input(dtype, b)];
    const workspace = memory.workspace(workspaceSize * bytes);
    const strides = [transposeA ? M : K, transposeB ? K : N, N] as const;
    for (const [begin, end] of [
      [0, cut],
      [cut, kernels.gemmLines(M, N, K)],
    ]) {
      kernels.gemm(c, A, B, workspace, M, N, K, ...strides, +transposeA, +transposeB, alpha, beta, begin, end);
    }
    const got = memory.read(dtype, c, M * N);
    memory.verify();
    const { out, magnitude } = gemm(a, b, before, { M, N, K, transposeA, transposeB, alpha, beta });
    expectClose(got, out, { dtype, terms: K + 4, scale: magnitude });
    return got;
  }

  for (const size of sizes) {
    it(`multiplies ${size.join(' × ')} in all transposes`, () => {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) run(size, transposeA, transposeB, 1, 0);
      }
    });
  }

  it.each([
    [1, 1],
    [-0.5, 0],
    [2, 0.25],
    [0, 1],
  ])('scales by α = %s and adds β = %s times the old values', (alpha, beta) => {
    run([13, 29, 300], false, false, alpha, beta);
    run([13, 29, 300], true, true, alpha, beta);
    for (const transposeB of [false, true]) run([2, 29, 30], false, transposeB, alpha, beta);
  });

  it('gives the same bits however the work is divided', () => {
    const whole = run([9, 45, 270], false, true, 1, 0);
    for (const cut of [1, 8, 19]) expect(run([9, 45, 270], false, true, 1, 0, cut)).toEqual(whole);
    const tall = run([45, 9, 270], true, false, 1, 0);
    for (const cut of [1, 8, 19, 31]) expect(run([45, 9, 270], true, false, 1, 0, cut)).toEqual(tall);
    const scaled = run([45, 10, 270], false, true, -0.3, 1);
    for (const cut of [1, 8, 19, 31]) expect(run([45, 10, 270], false, true, -0.3, 1, cut)).toEqual(scaled);
    const ragged = run([50, 45, 30], false, false, 1, 0);
    for (const cut of [1, 8, 19, 31]) expect(run([50, 45, 30], false, false, 1, 0, cut)).toEqual(ragged);
    for (const size of [
      [9, 45, 111],
      [9, 7, 111],
    ]) {
      const byTerms = run(size, false, true, 1, 1);
      for (const cut of [1, 4]) expect(run(size, false, true, 1, 1, cut)).toEqual(byTerms);
    }
    for (const transposeB of [false, true]) {
      const skinny = run([2, 45, 27], false, transposeB, 1, 0);
      for (const cut of [1, 8, 19]) expect(run([2, 45, 27], false, transposeB, 1, 0, cut)).toEqual(skinny);
    }
  });

  it('carries NaN and ∞ to their rows and columns only', () => {
    const memory = new Guarded(core);
    const a = memory.input(dtype, [1, NaN, 1, 1]);
    const b = memory.input(dtype, [Infinity, 1, 1, 1]);
    const c = memory.output(dtype, 4);
    const workspace = core.memory.scratch(kernels.gemmWorkspace(2, 2, 2) * bytes);
    kernels.gemm(c, a, b, workspace, 2, 2, 2, 2, 2, 2, 0, 0, 1, 0, 0, 2);
    expect([...memory.read(dtype, c, 4)]).toEqual([NaN, NaN, Infinity, 2]);
    memory.verify();
  });
});
