import type { Core } from './core/core.ts';
import { arrayOf, type FloatDType } from './dtype.ts';
import { rowsTogether } from './geometry/layernorm.ts';

/**
 * Bytes of scratch in which backward leaves the sums of blocks of rows, one after the other for dγ and dβ. Behind them lies a γ of
 * ones for those who have none.
 */
export function layerNormSumsBytes(dtype: FloatDType, rows: number, C: number): number {
  return (2 * Math.ceil(rows / rowsTogether(rows)) + 1) * C * arrayOf(dtype).BYTES_PER_ELEMENT;
}

/** Layer norm's backward pass between addresses; those of `dweight`, `dbias`, `dx` and `weight` may be null. */
// biome-ignore format: outputs, inputs, sizes
export function layerNormBackwardAt(
  core: Core, dtype: FloatDType,
  dweight: number, dbias: number, dx: number,
  dout: number, x: number, weight: number, mean: number, rstd: number,
  rows: number, C: number,
): void {
  const kernels = core.kernels[dtype];
  const together = rowsTogether(rows);
  const blocks = Math.ceil(rows / together);
  const bytes = blocks * C * arrayOf(dtype).BYTES_PER_ELEMENT;
  const sums = core.memory.scratch(layerNormSumsBytes(dtype, rows, C));
  const ones = sums + 2 * bytes;
  if (!weight) kernels.fill(ones, 1, 0, C);
  kernels.layerNormBackward(dx, sums, dout, x, weight || ones, mean, rstd, C, rows, together, 0, blocks);
  if (dweight) kernels.linearBackwardBias(dweight, sums, blocks, C, 0, C);
  if (dbias) kernels.linearBackwardBias(dbias, sums + bytes, blocks, C, 0, C);
}
