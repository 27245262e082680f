import { reject } from '../check.ts';
import { axisOf, type Shape, sizeOf } from '../shape.ts';

/** `shape` with its axes from `startDim` to `endDim`, both included and counted from either end, made one. */
export function flattenedShape(call: string, shape: Shape, startDim: number, endDim: number): Shape {
  const start = axisOf(call, 'startDim', startDim, shape.length);
  const end = axisOf(call, 'endDim', endDim, shape.length);
  if (end < start) reject(call, 'endDim', `an axis not before startDim ${startDim}`, endDim);
  return [...shape.slice(0, start), sizeOf(shape.slice(start, end + 1)), ...shape.slice(end + 1)];
}
