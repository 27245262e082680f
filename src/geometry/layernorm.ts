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
 * How many rows backward sums dγ and dβ over in one place, whose sums it adds up in the end: so many that these take little memory,
 * so few that there are enough for all threads.
 */
export function rowsTogether(rows: number): number {
  return Math.max(16, Math.ceil(rows / 64));
}
