/** Where element `index` of an array of this shape lies, and the other way round: row-major, no strides kept. */

export type Shape = readonly number[];
export type Index = readonly number[];

export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

/** Every index of the shape in row-major order; the one index of a scalar is []. */
export function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (indices, n) => indices.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  );
}

export const placeOf = (index: Index, shape: Shape): number =>
  index.reduce((place, i, axis) => place * shape[axis] + i, 0);

/** An axis counted from the front; −1 is the last. */
export function axisOf(dim: number, rank: number): number {
  const axis = dim < 0 ? dim + rank : dim;
  if (!(axis >= 0 && axis < rank)) throw new RangeError(`dim ${dim} of rank ${rank}`);
  return axis;
}

/** Axes are aligned at the end; each has one size, or 1 where it is to be repeated. */
export function broadcast(...shapes: Shape[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    const size = sizes.find((n) => n !== 1) ?? 1;
    if (sizes.some((n) => n !== 1 && n !== size)) throw new RangeError(`no broadcasting of ${JSON.stringify(shapes)}`);
    return size;
  });
}

export const broadcasts = (a: Shape, b: Shape): boolean =>
  a.every((n, axis) => {
    const m = b[axis - a.length + b.length] ?? 1;
    return n === 1 || m === 1 || n === m;
  });

/** The index in `shape` that broadcasting puts at `index`. */
export const broadcastFrom = (index: Index, shape: Shape): number[] =>
  shape.map((n, axis) => (n === 1 ? 0 : index[axis + index.length - shape.length]));
