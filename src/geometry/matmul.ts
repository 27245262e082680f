import { reject, show } from '../check.ts';
import { checkShape, type Shape } from '../shape.ts';
import { type Axis, axisTable, mergeAxes, stridesOf } from './axes.ts';
import { commonShape } from './broadcast.ts';

/** What the kernel `matmul` is told of C = op(A)·op(B). */
export interface Product {
  /** [rank, then size, strideC, strideA, strideB of each batch axis]. */
  readonly batches: Int32Array;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly transposeA: 0 | 1;
  readonly transposeB: 0 | 1;
  /** Columns of all matrices of C, which `begin` and `end` cut. */
  readonly matrices: number;
}

export interface MatmulGeometry {
  /** The result's shape. */
  readonly shape: Shape;
  /** c = a·b. */
  readonly forward: Product;
  /** da = dc·bᵀ, from (dc, b). */
  readonly gradientA: Product;
  /** db = aᵀ·dc, from (a, dc). */
  readonly gradientB: Product;
}

/**
 * a·b by torch.matmul's rules: matrices are the last two axes and those before them broadcast; a vector a is a row,
 * a vector b a column, and the result lacks their axis.
 */
export function matmulGeometry(call: string, a: Shape, b: Shape): MatmulGeometry {
  if (a.length === 0) reject(call, 'a', 'at least one axis', a);
  if (b.length === 0) reject(call, 'b', 'at least one axis', b);
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const [rows, K] = left.slice(-2);
  const [inner, N] = right.slice(-2);
  if (inner !== K) reject(call, 'b', `${b.length === 1 ? `[${K}]` : `[..., ${K}, N]`} to follow a ${show(a)}`, b);

  const [leadA, leadB] = [left.slice(0, -2), right.slice(0, -2)];
  const lead = commonShape([leadA, leadB]);
  if (!lead) return reject(call, 'b', `leading sizes that broadcast with a ${show(a)}`, b);
  const shape = [...lead, ...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [N])];
  checkShape(call, 'result', shape);

  const [batchC, batchA, batchB] = [
    batchStrides(lead, lead, rows * N),
    batchStrides(leadA, lead, rows * K),
    batchStrides(leadB, lead, K * N),
  ];
  const axes = mergeAxes(lead.map((size, i) => ({ size, strides: [batchC[i], batchA[i], batchB[i]] })));
  const M = foldRows(axes, rows, K, N);
  return {
    shape,
    forward: product(axes, [0, 1, 2], { M, N, K, lda: K, ldb: N, ldc: N, transposeA: 0, transposeB: 0 }),
    gradientA: product(axes, [1, 0, 2], { M, N: K, K: N, lda: N, ldb: N, ldc: K, transposeA: 0, transposeB: 1 }),
    gradientB: product(axes, [2, 1, 0], { M: K, N, K: M, lda: K, ldb: N, ldc: N, transposeA: 1, transposeB: 0 }),
  };
}

/** Elements from matrix to matrix along each axis of `lead`, for matrices of `size` elements; 0 where they repeat. */
function batchStrides(own: Shape, lead: Shape, size: number): number[] {
  const strides = stridesOf(own).map((stride, i) => (own[i] === 1 ? 0 : stride * size));
  return [...new Array<number>(lead.length - own.length).fill(0), ...strides];
}

/**
 * Takes off the innermost batch axes along which b repeats and the matrices of a and c lie below each other, as
 * rows of taller ones; returns the number of their rows. Then one product does for all of them, in the gradients too.
 */
function foldRows(axes: Axis[], M: number, K: number, N: number): number {
  for (let last = axes.at(-1); last; last = axes.at(-1)) {
    const [strideC, strideA, strideB] = last.strides;
    if (strideB !== 0 || strideA !== M * K || strideC !== M * N) break;
    M *= last.size;
    axes.pop();
  }
  return M;
}

/** A product whose C, A and B are those of the operands c, a, b that `order` names. */
function product(
  axes: readonly Axis[],
  order: readonly [number, number, number],
  sizes: Omit<Product, 'batches' | 'matrices'>,
): Product {
  const ordered = axes.map(({ size, strides }) => ({ size, strides: order.map((operand) => strides[operand]) }));
  const matrices = ordered.reduce((count, { size, strides }) => (strides[0] === 0 ? count : count * size), 1);
  return { batches: axisTable(ordered), matrices, ...sizes };
}
