import { checkNumber } from '../check.ts';
import { normTerm } from '../norm-terms.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

/** Σx², summed in f64. @param x any shape */
export function squareSum(x: Tensor): number {
  const { same } = floatTensor('squareSum', 'x', x);
  return normTerm('squareSum', same.core, same.dtype, x.address, x.size);
}

/** Σ|x|, summed in f64. @param x any shape */
export function absoluteSum(x: Tensor): number {
  const { same } = floatTensor('absoluteSum', 'x', x);
  return normTerm('absoluteSum', same.core, same.dtype, x.address, x.size);
}

/** max|x|; NaN when any element is. @param x any shape */
export function absoluteMax(x: Tensor): number {
  const { same } = floatTensor('absoluteMax', 'x', x);
  return normTerm('absoluteMax', same.core, same.dtype, x.address, x.size);
}

/** x *= factor. @param x any shape, overwritten; @param factor any number, NaN and ∞ too */
export function scaleInPlace(x: Tensor, factor: number): void {
  floatTensor('scaleInPlace', 'x', x).kernels.scaleInPlace(x.address, factor, 0, x.size);
}

/** x = min(max(x, −limit), limit); NaN stays. @param x any shape, overwritten */
export function clampInPlace(x: Tensor, limit: number): void {
  const { kernels } = floatTensor('clampInPlace', 'x', x);
  checkNumber('clampInPlace', 'limit', limit, 0);
  kernels.clampInPlace(x.address, limit, 0, x.size);
}
