/** d/dt f(x + t·direction) at t = 0, by central differences. */
export function slope(
  f: (x: Float64Array[]) => number,
  x: readonly Float64Array[],
  direction: readonly ArrayLike<number>[],
  step = 1e-5,
): number {
  const at = (t: number) => f(x.map((values, k) => values.map((value, i) => value + t * direction[k][i])));
  return (at(step) - at(-step)) / (2 * step);
}

/** Σ a·b over all arrays. */
export const dot = (a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number =>
  a.reduce((total, values, k) => Array.from(values).reduce((sum, value, i) => sum + value * b[k][i], total), 0);

/** For every element of every array, the direction that changes it alone. */
export const units = (x: readonly Float64Array[]): Float64Array[][] =>
  x.flatMap((values, k) =>
    Array.from(values, (_, i) => x.map((other, j) => other.map((_, at) => Number(j === k && at === i)))),
  );
