import { checkInteger, reject, show } from '../check.ts';
import { checkShape, type Shape } from '../shape.ts';
import { stridesOf } from './axes.ts';
import { boxOfSizes, type Copied } from './box.ts';

/**
 * x with places added before and behind its axes, in PyTorch's order: [before, behind] of the last axis, then of
 * the one before it, and so on. Negative numbers take places away. The box is what is left of x.
 */
export function padBox(call: string, x: Shape, padding: readonly number[]): Copied {
  if (!Array.isArray(padding) || padding.length % 2 !== 0 || padding.length > 2 * x.length) {
    return reject(call, 'padding', `pairs of numbers, at most ${x.length}, one an axis of x`, padding, TypeError);
  }
  padding.forEach((places, i) => checkInteger(call, `padding[${i}]`, places));
  const pairs = x.map((_, axis) => {
    const at = 2 * (x.length - 1 - axis);
    return { before: padding[at] ?? 0, behind: padding[at + 1] ?? 0 };
  });
  const kept = x.map((size, axis) => size + Math.min(pairs[axis].before, 0) + Math.min(pairs[axis].behind, 0));
  if (kept.some((left) => left < 1)) {
    reject(call, 'padding', `padding that leaves an element of each axis of ${show(x)}`, padding);
  }
  const padded = x.map((size, axis) => size + pairs[axis].before + pairs[axis].behind);
  const shape = checkShape(call, 'result', padded);
  const [stridesO, stridesX] = [stridesOf(shape), stridesOf(x)];
  let offsetO = 0;
  let offsetX = 0;
  pairs.forEach(({ before }, axis) => {
    if (before > 0) offsetO += before * stridesO[axis];
    else offsetX -= before * stridesX[axis];
  });
  return { shape, box: boxOfSizes(kept, stridesO, stridesX, offsetO, offsetX) };
}
