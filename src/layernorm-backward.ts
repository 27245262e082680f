import type { Core } from './core/core.ts';
import { arrayOf, type FloatDType } from './dtype.ts';
import { blocksOfRows } from './geometry/layernorm.ts';

/** Bytes of scratch in which backward leaves the sums of blocks of rows, one after the other for dγ and dβ. */
export function layerNormSumsBytes(dtype: FloatDType, rows: number, C: number): number {
  return 2 * blocksOfRows(rows) * C * arrayOf(dtype).BYTES_PER_ELEMENT;
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
  const bytes = layerNormSumsBytes(dtype, rows, C);
  const blocks = blocksOfRows(rows);
  const sums = dweight || dbias ? core.memory.scratch(bytes) : 0;
  kernels.layerNormBackward(dx, sums, dout, x, weight, mean, rstd, C, rows, 0, blocks);
  if (dweight) kernels.linearBackwardBias(dweight, sums, blocks, C, 0, C);
  if (dbias) kernels.linearBackwardBias(dbias, sums + bytes / 2, blocks, C, 0, C);
}
