import { axisOf, type Shape } from '../shape.ts';

/** The lines along an axis of a tensor [outer, C, inner]: rows = outer·inner of them, each of C elements. */
export function linesAlong(call: string, shape: Shape, dim: number): { rows: number; C: number; inner: number } {
  // A scalar counts as one element along its only axis, as in PyTorch.
  const axis = axisOf(call, 'dim', dim, Math.max(shape.length, 1));
  let rows = 1;
  let inner = 1;
  for (let i = 0; i < shape.length; i++) {
    if (i !== axis) rows *= shape[i];
    if (i > axis) inner *= shape[i];
  }
  return { rows, C: shape[axis] ?? 1, inner };
}
