import type { Core } from './core/core.ts';
import type { FloatDType } from './dtype.ts';
import { blocksOf, sumBlock } from './geometry/loss.ts';

/**
 * Σx², Σ|x| or max|x| over `size` elements at `address`, in f64. It is put together from those of blocks, which do not depend on
 * the number of threads.
 */
export function normTerm(
  of: 'squareSum' | 'absoluteSum' | 'absoluteMax',
  core: Core,
  dtype: FloatDType,
  address: number,
  size: number,
): number {
  const blocks = blocksOf(size);
  const terms = core.memory.scratch(Float64Array.BYTES_PER_ELEMENT * (blocks + 1));
  core.kernels[dtype][of](terms, address, size, sumBlock, 0, blocks);
  const { f64 } = core.kernels;
  if (of !== 'absoluteMax') return f64.total(terms, blocks);
  // One block of all blocks, whose result goes behind them.
  const last = terms + Float64Array.BYTES_PER_ELEMENT * blocks;
  f64.absoluteMax(last, terms, blocks, blocks, 0, 1);
  return f64.total(last, 1);
}
