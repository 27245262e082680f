// Products of matrices: the range counts rows of C or columns.

import { matmulGeometry } from '../../../src/geometry/matmul.ts';
import { sizeOf } from '../../../src/shape.ts';
import type { Draw, Given } from '../../support/cuts.ts';

/** Bytes of workspace for a product. */
const workspaceOf = (given: Given, M: number, N: number, K: number) =>
  given.kernels.gemmWorkspace(M, N, K) * (given.dtype === 'f32' ? 4 : 8);

/** Rows for products without packing and with it, columns and terms; seldom more than a block. */
function sizesOf(given: Given): [M: number, N: number, K: number] {
  const rows = given.choice([1, 2, given.integer(3, 6), given.size(40)]);
  if (given.integer(0, 7) > 0) return [rows, given.size(70), given.size(70)];
  return given.choice([
    [790, 9, 3],
    [7, 530, 5],
    [2, 530, 5],
    [9, 21, 270],
    [1, 21, 270],
    [9, 21, 1100],
  ]);
}

export const products: Record<string, Draw> = {
  gemm: (given) => {
    const [M, N, K] = sizesOf(given);
    const [transposeA, transposeB] = [given.flag(), given.flag()];
    const lda = (transposeA ? M : K) + given.choice([0, 3]);
    const ldb = (transposeB ? K : N) + given.choice([0, 3]);
    const ldc = N + given.choice([0, 3]);
    const a = given.input((transposeA ? K : M) * lda);
    const b = given.input((transposeB ? N : K) * ldb);
    const [alpha, beta] = [given.choice([1, 0.7]), given.choice([0, 1, 0.3])];
    return {
      extent: given.kernels.gemmLines(M, N, K),
      outputs: [given.added(M * ldc)],
      workspace: workspaceOf(given, M, N, K),
      arguments: ([c], workspace) => [
        ...[c, a, b, workspace, M, N, K, lda, ldb, ldc],
        ...[+transposeA, +transposeB, alpha, beta],
      ],
    };
  },

  linearForward: (given) => {
    const [M, O, I] = sizesOf(given);
    const inputs = [given.input(M * I), given.input(O * I), given.optional(O)];
    return {
      extent: given.kernels.gemmLines(M, O, I),
      outputs: [given.output(M * O)],
      workspace: workspaceOf(given, M, O, I),
      arguments: ([out], workspace) => [out, ...inputs, workspace, M, O, I],
    };
  },

  matmul: (given) => {
    const [M, N, K] = [given.size(13), given.size(21), given.size(13)];
    const lead = Array.from({ length: given.integer(0, 3) }, () => given.integer(1, 3));
    const leadOf = () => lead.map((n) => (given.flag() ? n : 1));
    const [a, b] = [
      [...leadOf(), M, K],
      [...leadOf(), K, N],
    ];
    const g = matmulGeometry('test', a, b);
    const [p, size, left, right] = given.choice([
      [g.forward, sizeOf(g.shape), sizeOf(a), sizeOf(b)],
      [g.gradientA, sizeOf(a), sizeOf(g.shape), sizeOf(b)],
      [g.gradientB, sizeOf(b), sizeOf(a), sizeOf(g.shape)],
    ] as const);
    const inputs = [given.input(left), given.input(right), given.memory.input('i32', p.batches)];
    const accumulate = given.flag();
    return {
      extent: p.matrices * given.kernels.gemmLines(p.M, p.N, p.K),
      outputs: [accumulate ? given.added(size) : given.output(size)],
      workspace: workspaceOf(given, p.M, p.N, p.K),
      arguments: ([c], workspace) => [
        ...[c, ...inputs, workspace, p.M, p.N, p.K, p.lda, p.ldb, p.ldc],
        ...[p.transposeA, p.transposeB, +accumulate],
      ],
    };
  },
};
