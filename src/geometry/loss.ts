import { reject, show } from '../check.ts';
import { type Shape, sizeOf } from '../shape.ts';

/** Elements that one partial sum of a total covers; kernels take it as an argument. */
export const sumBlock = 1024;

/** How many partial sums a total over `size` elements has. */
export const blocksOf = (size: number): number => Math.ceil(size / sumBlock);

/** Logits as [N, C, inner], the class axis being 1, or 0 when it is the only one. */
export interface ClassAxis {
  /** The logits' shape. */
  shape: Shape;
  C: number;
  inner: number;
  /** The shape without the class axis: what the losses of the samples have, and the labels. */
  samples: Shape;
  /** N·inner. */
  count: number;
}

/** The classes and samples of logits [C], [N, C] or [N, C, d1, …]. */
export function classAxis(call: string, argument: string, shape: Shape): ClassAxis {
  if (shape.length === 0) return reject(call, argument, '[C] or [N, C, ...]', shape);
  const axis = shape.length === 1 ? 0 : 1;
  const samples = Object.freeze(shape.filter((_, i) => i !== axis));
  return { shape, C: shape[axis], inner: sizeOf(shape.slice(axis + 1)), samples, count: sizeOf(samples) };
}

/** A weight broadcast over elements: element i has weight[⌊i / inner⌋ mod period]. */
export interface Broadcast {
  period: number;
  inner: number;
}

/**
 * How a weight of that shape lies over `over`, by PyTorch's rule (axes match from the last one on, and 1 or an
 * absent axis repeats), for weights whose own axes are neighbours: [C] over [N, C], [C, 1, 1] over [N, C, H, W].
 */
export function broadcast(call: string, argument: string, shape: Shape, over: Shape): Broadcast {
  const lead = over.length - shape.length;
  let last = shape.length;
  while (last > 0 && shape[last - 1] === 1) last--;
  let first = 0;
  while (first < last && shape[first] === 1) first++;
  for (let i = first; i < last; i++) {
    if (shape[i] !== over[lead + i]) {
      reject(call, argument, `a shape that broadcasts to ${show(over)} over neighbouring axes`, shape);
    }
  }
  if (lead < 0) reject(call, argument, `at most ${over.length} axes`, shape);
  return { period: sizeOf(shape), inner: sizeOf(over.slice(lead + last)) };
}

/**
 * Holds every label to the classes 0 … C − 1 or `ignoreIndex`, and sums up the weights of those not ignored, 1 each
 * without `weight`: what a mean divides by.
 */
export function checkLabels(
  call: string,
  labels: ArrayLike<number>,
  C: number,
  ignoreIndex: number,
  weight?: ArrayLike<number>,
): number {
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (label === ignoreIndex) continue;
    // As an unsigned number, a negative label is beyond every class.
    if (label >>> 0 >= C) {
      reject(call, `target[${i}]`, `a label from 0 to ${C - 1}, or ${ignoreIndex} to be ignored`, label);
    }
    total += weight ? weight[label] : 1;
  }
  return total;
}
