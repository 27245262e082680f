import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matmulGeometry, type Product } from '../../src/geometry/matmul.ts';
import { type Shape, sizeOf } from '../../src/shape.ts';
import { matmul } from '../reference/matmul.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

/** Two shapes that fit: vectors or matrices, under leading axes of which either may lack some or repeat. */
const pairs = fc
  .record({
    M: fc.integer({ min: 1, max: 13 }),
    N: fc.integer({ min: 1, max: 19 }),
    K: fc.integer({ min: 1, max: 11 }),
    lead: fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom('both', 'a', 'b')), { maxLength: 3 }),
    lacking: fc.nat(3),
    kinds: fc.constantFrom('matrices', 'matrices', 'matrices', 'row', 'column', 'vectors'),
    cut: fc.nat(),
  })
  .map(({ M, N, K, lead, lacking, kinds, cut }) => {
    const leadOf = (operand: string) => lead.map(([size, who]) => (who === 'both' || who === operand ? size : 1));
    const [leadA, leadB] = [leadOf('a'), leadOf('b')];
    while (leadB.length > lead.length - lacking && leadB[0] === 1) leadB.shift();
    return {
      a: kinds === 'row' || kinds === 'vectors' ? [K] : [...leadA, M, K],
      b: kinds === 'column' || kinds === 'vectors' ? [K] : [...leadB, K, N],
      cut,
    };
  });

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  /** C of one plan, in two parts cut at `cut`. */
  function run(p: Product, a: ArrayLike<number>, b: ArrayLike<number>, size: number, before?: Float64Array, cut = 0) {
    const memory = new Guarded(core);
    const c = memory.output(dtype, size, before);
    const [at, bt, batches] = [memory.input(dtype, a), memory.input(dtype, b), memory.input('i32', p.batches)];
    const workspace = memory.workspace(kernels.gemmWorkspace(p.M, p.N, p.K) * (dtype === 'f32' ? 4 : 8));
    const lines = p.matrices * kernels.gemmLines(p.M, p.N, p.K);
    const middle = cut % (lines + 1);
    for (const [begin, end] of [
      [0, middle],
      [middle, lines],
    ]) {
      // biome-ignore format: as the kernel has them
      kernels.matmul(
        c, at, bt, batches, workspace,
        p.M, p.N, p.K, p.lda, p.ldb, p.ldc, p.transposeA, p.transposeB, before ? 1 : 0, begin, end,
      );
    }
    const got = memory.read(dtype, c, size);
    memory.verify();
    return got;
  }

  /** Holds the product and both gradients to the oracle, overwriting and adding; and any cut to the whole. */
  function check(aShape: Shape, bShape: Shape, cut: number) {
    const random = new Random(cut % 1000);
    const a = random.normals(sizeOf(aShape));
    const b = random.normals(sizeOf(bShape));
    const oracle = matmul({ shape: aShape, values: a }, { shape: bShape, values: b }, (n) => random.normals(n));
    const g = matmulGeometry('test', aShape, bShape);
    expect(g.shape).toEqual(oracle.shape);
    for (const [plan, left, right, expected] of [
      [g.forward, a, b, oracle.c],
      [g.gradientA, oracle.upstream, b, oracle.da],
      [g.gradientB, a, oracle.upstream, oracle.db],
    ] as const) {
      const before = random.normals(expected.values.length);
      const size = before.length;
      const terms = Math.max(...expected.terms) + 2;
      const got = run(plan, left, right, size, undefined, cut);
      expectClose(got, expected.values, { dtype, terms, scale: expected.magnitude });
      expect(run(plan, left, right, size)).toEqual(got);
      const sum = expected.values.map((value, i) => value + before[i]);
      const scale = expected.magnitude.map((value, i) => value + Math.abs(before[i]));
      expectClose(run(plan, left, right, size, before, cut), sum, { dtype, terms, scale });
    }
  }

  it('multiplies whatever broadcasts', () => {
    fc.assert(
      fc.property(pairs, ({ a, b, cut }) => check(a, b, cut)),
      { numRuns: 80 },
    );
  });

  it.each<[a: number[], b: number[]]>([
    [[1], [1]],
    [[7], [7]],
    [[300], [300, 1]],
    [[5, 3], [3]],
    [[3], [2, 3, 9]],
    [
      [2, 3, 5, 7],
      [7, 9],
    ], // b of its own: one product of 30 rows
    [
      [2, 3, 5, 7],
      [2, 1, 7, 9],
    ], // two of 15 rows
    [
      [2, 3, 5, 7],
      [3, 7, 9],
    ], // b summed over the outer axis
    [
      [5, 7],
      [2, 3, 7, 9],
    ], // a summed over both
    [
      [2, 1, 5, 7],
      [1, 3, 7, 9],
    ], // both summed, crosswise
    [
      [2, 1, 3, 1, 5],
      [4, 1, 5, 2],
    ],
    [
      [2, 9, 260],
      [2, 260, 17],
    ], // more than one block of k
    [
      [3, 4, 8],
      [3, 8, 530],
    ], // and of columns
  ])('multiplies %j by %j', (a, b) => {
    for (const cut of [1, 8, 19]) check(a, b, cut);
  });

  it('carries NaN to the matrix that it stands in', () => {
    const { forward } = matmulGeometry('test', [2, 1, 2], [2, 2, 1]);
    expect([...run(forward, [NaN, 1, 2, 1], [1, 1, 1, Infinity], 2)]).toEqual([NaN, Infinity]);
  });
});
