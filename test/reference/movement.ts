/**
 * Operations that move elements, as a list: for each element of the result, in row-major order, the number of the
 * element of x that it is, or −1 for one that comes from elsewhere. Forward and gradient follow from it.
 */
export interface Movement {
  shape: number[];
  sources: number[];
}

/** Every index of a tensor of that shape, the last axis running fastest. */
export function indicesOf(shape: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const size of shape) all = all.flatMap((head) => Array.from({ length: size }, (_, i) => [...head, i]));
  return all;
}

/** The number of an element in row-major order; −1 outside the tensor. */
export function numberOf(shape: readonly number[], index: readonly number[]): number {
  let number = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    if (index[axis] < 0 || index[axis] >= shape[axis]) return -1;
    number = number * shape[axis] + index[axis];
  }
  return number;
}

const movement = (shape: number[], source: (index: number[]) => number): Movement => ({
  shape,
  sources: indicesOf(shape).map(source),
});

/** Axis i of the result is axis dims[i] of x. */
export function permute(x: readonly number[], dims: readonly number[]): Movement {
  return movement(
    dims.map((dim) => x[dim]),
    (index) =>
      numberOf(
        x,
        x.map((_, axis) => index[dims.indexOf(axis)]),
      ),
  );
}

export function flip(x: readonly number[], dims: readonly number[]): Movement {
  return movement([...x], (index) =>
    numberOf(
      x,
      index.map((i, axis) => (dims.includes(axis) ? x[axis] - 1 - i : i)),
    ),
  );
}

/** Places of an axis named one by one. */
export function pick(x: readonly number[], places: readonly (readonly number[])[]): Movement {
  return movement(
    places.map((of) => of.length),
    (index) =>
      numberOf(
        x,
        index.map((i, axis) => places[axis][i]),
      ),
  );
}

/** `before` and `behind` places around each axis, first axis first; negative ones take places away. */
export function pad(x: readonly number[], before: readonly number[], behind: readonly number[]): Movement {
  return movement(
    x.map((size, axis) => before[axis] + size + behind[axis]),
    (index) =>
      numberOf(
        x,
        index.map((i, axis) => i - before[axis]),
      ),
  );
}

/** Where the elements of a part lie in the whole that it stands in from `place` on, along an axis. */
export function within(part: readonly number[], whole: readonly number[], axis: number, place: number): number[] {
  return indicesOf(part).map((index) =>
    numberOf(
      whole,
      index.map((i, a) => (a === axis ? i + place : i)),
    ),
  );
}

/** Places of a Python slice, found by trying every place of the axis. */
export function placesOf(size: number, start: number, end: number | undefined, step: number): number[] {
  const last = end === undefined ? size : end < 0 ? end + size : end;
  const first = Math.max(start < 0 ? start + size : start, 0);
  return Array.from({ length: size }, (_, i) => i).filter((i) => i >= first && i < last && (i - first) % step === 0);
}
