import { reject } from '../check.ts';
import { type Shape, sizeOf } from '../shape.ts';

/** How many rows of what length: `shape` must end in `normalizedShape`. */
export function layerNormRows(call: string, shape: Shape, normalizedShape: Shape): { rows: number; C: number } {
  const lead = shape.length - normalizedShape.length;
  for (let i = 0; i < normalizedShape.length; i++) {
    if (shape[lead + i] !== normalizedShape[i]) reject(call, 'x', `[..., ${normalizedShape.join(', ')}]`, shape);
  }
  const C = sizeOf(normalizedShape);
  return { rows: sizeOf(shape) / C, C };
}

/** How many rows are summed in one place, as assembly/kernels/layernorm.ts has it. */
const together = 16;

/** How many blocks of rows backward sums dγ and dβ over, one by one, before it adds them up. */
export function blocksOfRows(rows: number): number {
  return Math.ceil(rows / together);
}
