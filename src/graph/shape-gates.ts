// Gates that move elements, and the matrix product. Arguments are PyTorch's.

import type { Range } from '../geometry/slice.ts';
import type { Node } from '../operation.ts';
import { embedded, gathered, selected } from '../operations/gather.ts';
import { matmul as product } from '../operations/matmul.ts';
import { flipped, padded, permuted, reshaped, sliced, transposed } from '../operations/move.ts';
import { concatenated, divided } from '../operations/parts.ts';
import type { Shape } from '../shape.ts';
import { applied, gate } from './gate.ts';
import type { Operand } from './node.ts';

/**
 * a·b: of matrices in the last two axes, the axes before them broadcast; a vector a is a row, a vector b a column, and
 * the result lacks their axis.
 * @see https://pytorch.org/docs/stable/generated/torch.matmul.html
 */
export const matmul = (a: Operand, b: Operand): Node => gate(product, a, b);

/** x with two axes exchanged. */
export const transpose = (x: Operand, dim0: number, dim1: number): Node => gate(transposed(dim0, dim1), x);

/** x with its axes in the order of `dims`. */
export const permute = (x: Operand, dims: readonly number[]): Node => gate(permuted(dims), x);

/** x with the order along the axes of `dims` reversed. */
export const flip = (x: Operand, dims: readonly number[]): Node => gate(flipped(dims), x);

/** x under another shape of as many elements; one size may be −1, to be found. Nothing is copied. */
export const reshape = (x: Operand, shape: Shape): Node => gate(reshaped(shape), x);

/** Tensors side by side along an axis (default 0); their other sizes are equal. */
export const concat = (tensors: readonly Operand[], dim = 0): Node => gate(concatenated(dim), ...tensors);

/**
 * x in parts along an axis (default 0).
 * @param sizes the size of each part; or one for all, and the last part is what is left
 * @see https://pytorch.org/docs/stable/generated/torch.split.html
 */
export const split = (x: Operand, sizes: number | readonly number[], dim = 0): readonly Node[] =>
  applied(divided(sizes, dim), [x]);

/**
 * x[start:end:step, …].
 * @param ranges [start, end, step] for each axis from the first on, as in Python: negative places count from the end,
 *   those beyond are moved to it, `end` and `step` may be left out; null is the whole axis
 */
export const slice = (x: Operand, ranges: readonly Range[]): Node => gate(sliced(ranges), x);

/**
 * x with places of `value` (default 0) around it.
 * @param padding [before, behind] of the last axis, then of the one before it, …; negative numbers take places away
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 */
export const pad = (x: Operand, padding: readonly number[], value = 0): Node => gate(padded(padding, value), x);

/**
 * out[…, j, …] = x[…, index[…, j, …], …] along axis `dim`.
 * @param index i32, an input of the graph or a tensor, of x's rank and in no other axis longer than x
 * @see https://pytorch.org/docs/stable/generated/torch.gather.html
 */
export const gather = (x: Operand, dim: number, index: Operand): Node => gate(gathered(dim), x, index);

/**
 * The slices of x along axis `dim` that a list of indices names.
 * @param index i32 [N], an input of the graph or a tensor
 * @see https://pytorch.org/docs/stable/generated/torch.index_select.html
 */
export const indexSelect = (x: Operand, dim: number, index: Operand): Node => gate(selected(dim), x, index);

/**
 * The rows of a table [V, D] that indices name: [..., D].
 * @param index i32 [...], an input of the graph or a tensor
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 */
export const embedding = (index: Operand, weight: Operand): Node => gate(embedded, weight, index);
