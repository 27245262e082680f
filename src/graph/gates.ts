// Gates: differentiable functions of nodes, for the function that a Graph is made from. Operands are nodes, numbers
// and tensors, at least one of them a node; they broadcast by NumPy's rules where there are several. Arguments are
// PyTorch's.

import { checkBoolean, checkNumber, checkOptions } from '../check.ts';
import type { Node } from '../operation.ts';
import { activation } from '../operations/activation.ts';
import { binary, comparison } from '../operations/binary.ts';
import { type Axes, maxOver, sumOver } from '../operations/reduce.ts';
import { asFloat, where as choice } from '../operations/where.ts';
import { gate } from './gate.ts';
import type { Operand } from './node.ts';

/** a + b. */
export const add = (a: Operand, b: Operand): Node => gate(binary('add'), a, b);

/** a − b. */
export const sub = (a: Operand, b: Operand): Node => gate(binary('sub'), a, b);

/** a·b, element by element. */
export const mul = (a: Operand, b: Operand): Node => gate(binary('mul'), a, b);

/** a/b. */
export const div = (a: Operand, b: Operand): Node => gate(binary('div'), a, b);

/**
 * aᵇ. The gradient of a is 0 where b = 0; that of b is 0 where a = 0 and b ≥ 0.
 * @see https://pytorch.org/docs/stable/generated/torch.pow.html
 */
export const pow = (a: Operand, b: Operand): Node => gate(binary('pow'), a, b);

/**
 * The larger of a and b, NaN if one of them is. Where they are equal, each gets half of the gradient.
 * @see https://pytorch.org/docs/stable/generated/torch.maximum.html
 */
export const maximum = (a: Operand, b: Operand): Node => gate(binary('maximum'), a, b);

/** The smaller of a and b; ties and NaN as in `maximum`. */
export const minimum = (a: Operand, b: Operand): Node => gate(binary('minimum'), a, b);

/** 1 where a < b, else 0. Comparisons have no gradient. */
export const lt = (a: Operand, b: Operand): Node => gate(comparison('less', 'lt'), a, b);

/** 1 where a ≤ b, else 0. */
export const le = (a: Operand, b: Operand): Node => gate(comparison('lessEqual', 'le'), a, b);

/** 1 where a > b, else 0. */
export const gt = (a: Operand, b: Operand): Node => gate(comparison('less', 'lt'), b, a);

/** 1 where a ≥ b, else 0. */
export const ge = (a: Operand, b: Operand): Node => gate(comparison('lessEqual', 'le'), b, a);

/** 1 where a = b, else 0. */
export const eq = (a: Operand, b: Operand): Node => gate(comparison('equal', 'eq'), a, b);

/**
 * a where the condition is not 0, else b. The condition, of floats or whole numbers, has no gradient.
 * @see https://pytorch.org/docs/stable/generated/torch.where.html
 */
export const where = (condition: Operand, a: Operand, b: Operand): Node => gate(choice, gate(asFloat, condition), a, b);

/** −x. */
export const neg = (x: Operand): Node => gate(activation('neg', 'neg'), x);

/** √x. */
export const sqrt = (x: Operand): Node => gate(activation('sqrt', 'sqrt'), x);

/** x². */
export const square = (x: Operand): Node => gate(activation('square', 'square'), x);

/** |x|; the gradient at 0 is 0. */
export const abs = (x: Operand): Node => gate(activation('abs', 'abs'), x);

/** 1/x. */
export const reciprocal = (x: Operand): Node => gate(activation('reciprocal', 'reciprocal'), x);

/**
 * x kept within [min, max]; the gradient passes where min ≤ x ≤ max.
 * @see https://pytorch.org/docs/stable/generated/torch.clamp.html
 */
export function clamp(x: Operand, min: number, max: number): Node {
  if (min !== -Infinity) checkNumber('clamp', 'min', min);
  if (max !== Infinity) checkNumber('clamp', 'max', max);
  return gate(activation('clamp', 'clamp', min, max), x);
}

export interface ReduceOptions {
  /** Whether the result keeps the reduced axes, with size 1 (default false). */
  keepdim?: boolean;
}

function keepdimOf(call: string, options: ReduceOptions): boolean {
  checkOptions(call, options, ['keepdim']);
  return checkBoolean(call, 'keepdim', options.keepdim ?? false);
}

/**
 * Σ x over axes.
 * @param dim an axis or several, which may count from the back; all of them where it is left out
 * @see https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export const sum = (x: Operand, dim?: Axes, options: ReduceOptions = {}): Node =>
  gate(sumOver('sum', dim, keepdimOf('sum', options)), x);

/** The mean of x over axes; arguments as for `sum`. */
export const mean = (x: Operand, dim?: Axes, options: ReduceOptions = {}): Node =>
  gate(sumOver('mean', dim, keepdimOf('mean', options)), x);

/**
 * The maximum of x over axes, NaN if there is one; arguments as for `sum`. Equal maxima share the gradient evenly.
 * @see https://pytorch.org/docs/stable/generated/torch.amax.html
 */
export const max = (x: Operand, dim?: Axes, options: ReduceOptions = {}): Node =>
  gate(maxOver(dim, keepdimOf('max', options)), x);
