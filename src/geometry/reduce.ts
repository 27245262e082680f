import { reject } from '../check.ts';
import { axisOf, type Shape, sizeOf } from '../shape.ts';
import { type LoopNest, loopNest, loopNestAlong } from './broadcast.ts';

/** A reduction of a shape over some of its axes. */
export interface Reduction {
  /** The result's shape. */
  readonly shape: Shape;
  /** The same elements with the reduced axes kept as 1: how the result lies over the input. */
  readonly kept: Shape;
  /** How many elements are reduced to one. */
  readonly count: number;
}

/**
 * Reduces `shape` over `axes`, which may count from the back; over all of them if undefined.
 * @param keepDims whether the result keeps the reduced axes, with size 1
 */
export function reducedShape(
  call: string,
  shape: Shape,
  axes: number | readonly number[] | undefined,
  keepDims: boolean,
): Reduction {
  const reduced = new Set<number>();
  // To PyTorch no axes are all of them, to NumPy none.
  if (Array.isArray(axes) && axes.length === 0) reject(call, 'axes', 'at least one axis', axes);
  for (const axis of axesOf(shape, axes)) {
    // A scalar counts as one element along its only axis, as in PyTorch.
    const index = axisOf(call, 'axes', axis, Math.max(shape.length, 1));
    if (reduced.has(index)) reject(call, 'axes', 'each axis once', axes);
    reduced.add(index);
  }
  const kept = Object.freeze(shape.map((size, i) => (reduced.has(i) ? 1 : size)));
  const result = keepDims ? kept : Object.freeze(shape.filter((_, i) => !reduced.has(i)));
  return { shape: result, kept, count: sizeOf(shape) / sizeOf(kept) };
}

const axesOf = (shape: Shape, axes: number | readonly number[] | undefined): readonly number[] =>
  axes === undefined ? shape.map((_, i) => i) : typeof axes === 'number' ? [axes] : axes;

/** The loops of sumForward: o = out, p = x; and of maxForward. */
export const reduceNest = (shape: Shape, { kept }: Reduction): LoopNest => loopNest(shape, kept, shape);

/** The loops of sumBackward: o = dx, p = dout, q = what dout is multiplied by, 1/n. */
export const sumBackwardNest = (shape: Shape, { kept }: Reduction): LoopNest => loopNest(shape, shape, kept, []);

/** The loops of maxBackward, cut alike. Counting: o = share, p = x, q = out; then: o = dx, p = share, q = x, r = out. */
export function maxBackwardNests(shape: Shape, { kept }: Reduction): { count: LoopNest; share: LoopNest } {
  return {
    count: loopNestAlong(kept, shape, [kept, shape, kept, shape]),
    share: loopNestAlong(kept, shape, [shape, kept, shape, kept]),
  };
}
