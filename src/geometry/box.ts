import type { Shape } from '../shape.ts';
import { type Axis, axisTable, mergeAxes } from './axes.ts';

/** A box of elements to be copied from x into out, as the kernel `stridedCopy` takes it. */
export interface Box {
  /** Elements before the box's first, in out and in x. */
  readonly offsetO: number;
  readonly offsetX: number;
  /** [rank, then size, strideO, strideX of each axis]. */
  readonly table: Int32Array;
  /** The size of the table's first axis, which `begin` and `end` cut. */
  readonly extent: number;
  /** Elements of the box. Where out has more, the others are for the caller to fill before. */
  readonly size: number;
  /** What the table was made of. */
  readonly axes: readonly Axis[];
}

/** A tensor made by copying one box of another. */
export interface Copied {
  readonly shape: Shape;
  readonly box: Box;
}

/**
 * A box from its axes, the strides of each being [strideO, strideX]. Their order is free: here they follow out, so
 * that it is written in order; and where x runs along another axis than out does, that one comes last but one, for
 * the kernel to see a transposition.
 */
export function boxOf(axes: readonly Axis[], offsetO = 0, offsetX = 0): Box {
  const ordered = mergeAxes([...axes].sort((a, b) => Math.abs(b.strides[0]) - Math.abs(a.strides[0])));
  if (ordered.length === 0) ordered.push({ size: 1, strides: [1, 1] });
  const along = ordered.findIndex(({ strides }) => strides[1] === 1);
  if (along >= 0 && along < ordered.length - 2) ordered.splice(-1, 0, ...ordered.splice(along, 1));
  return {
    offsetO,
    offsetX,
    table: axisTable(ordered),
    extent: ordered[0].size,
    size: ordered.reduce((size, axis) => size * axis.size, 1),
    axes: ordered,
  };
}

/** The same box the other way round, from out to x: the gradient of the copy. */
export function reversed(box: Box): Box {
  const axes = box.axes.map(({ size, strides: [strideO, strideX] }) => ({ size, strides: [strideX, strideO] }));
  return boxOf(axes, box.offsetX, box.offsetO);
}

/** The box of `sizes` whose axes lie in out and x with these strides. */
export function boxOfSizes(
  sizes: Shape,
  stridesO: readonly number[],
  stridesX: readonly number[],
  offsetO = 0,
  offsetX = 0,
): Box {
  const axes = sizes.map((size, i) => ({ size, strides: [stridesO[i], stridesX[i]] }));
  return boxOf(axes, offsetO, offsetX);
}
