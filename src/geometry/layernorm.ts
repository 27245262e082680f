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

/**
 * How many rows backward's two kernels take in turns: as many as stay in a core's second cache from the one to the
 * other, and a multiple of the four that are summed together.
 */
export function rowsInTurn(C: number): number {
  return Math.max(4, Math.floor(16384 / C) & ~3);
}
