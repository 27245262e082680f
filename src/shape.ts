import { checkInteger, reject, show } from './check.ts';

/** Sizes of a tensor's axes, outermost first; [] is a scalar. */
export type Shape = readonly number[];

/** A size for both image axes, or one each: `3` or `[3, 5]` (height, width). */
export type Size2d = number | readonly [height: number, width: number];

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** A shape as given by a user: an array of whole numbers ≥ 1 whose product a wasm address can reach. */
export function checkShape(call: string, argument: string, shape: unknown): Shape {
  if (!Array.isArray(shape)) return reject(call, argument, 'an array of sizes', shape, TypeError);
  for (let i = 0; i < shape.length; i++) checkInteger(call, `${argument}[${i}]`, shape[i], 1);
  if (sizeOf(shape) > 2 ** 31 - 1) reject(call, argument, 'at most 2^31 − 1 elements', shape);
  return shape;
}

/** `shape` for the elements of a tensor of shape `from`; one size may be −1, to be found. */
export function inferredShape(call: string, shape: Shape, from: Shape): Shape {
  const size = sizeOf(from);
  const unknown = Array.isArray(shape) ? shape.indexOf(-1) : -1;
  const resolved = unknown < 0 ? shape : shape.map((n, i) => (i === unknown ? size / -sizeOf(shape) : n));
  if (sizeOf(checkShape(call, 'shape', resolved)) !== size) reject(call, 'shape', `${size} elements`, shape);
  return Object.freeze([...resolved]);
}

/** Throws unless `shape` is exactly `expected`. */
export function checkSameShape(call: string, argument: string, shape: Shape, expected: Shape): void {
  if (!sameShape(shape, expected)) reject(call, argument, show(expected), shape);
}

/** Both image axes' sizes from a number or a pair. */
export function pair(call: string, argument: string, value: Size2d, least: number): [height: number, width: number] {
  if (typeof value === 'number') {
    const size = checkInteger(call, argument, value, least);
    return [size, size];
  }
  if (!Array.isArray(value) || value.length !== 2) {
    return reject(call, argument, 'a whole number or [height, width]', value, TypeError);
  }
  return [checkInteger(call, `${argument}[0]`, value[0], least), checkInteger(call, `${argument}[1]`, value[1], least)];
}

/** An axis counted from the front, from one that may be negative. */
export function axisOf(call: string, argument: string, axis: number, rank: number): number {
  checkInteger(call, argument, axis);
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  return reject(call, argument, `an axis from ${-rank} to ${rank - 1}`, axis);
}
