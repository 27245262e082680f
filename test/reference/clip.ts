/** The norm of a vector by its definition; p is 1, 2 or Infinity. */
export function norm(values: ArrayLike<number>, p: number): number {
  const sizes = Array.from(values, Math.abs);
  if (p === Infinity) return sizes.reduce((most, size) => (size > most || Number.isNaN(size) ? size : most), 0);
  const sum = sizes.reduce((total, size) => total + size ** p, 0);
  return sum ** (1 / p);
}
