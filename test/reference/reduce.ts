import { indicesOf, positionOf } from './broadcast.ts';

/** The positions in row-major `shape` that are reduced to each element of `kept`, `shape` with the reduced axes 1. */
function groups(shape: readonly number[], kept: readonly number[]): number[][] {
  const all: number[][] = Array.from({ length: kept.reduce((product, n) => product * n, 1) }, () => []);
  for (const index of indicesOf(shape)) all[positionOf(index, kept)].push(positionOf(index, shape));
  return all;
}

/** Σ x/n over each group, with Σ|x|/n; and dx = dy/n. */
export function sum(
  x: ArrayLike<number>,
  dy: ArrayLike<number>,
  n: number,
  shape: readonly number[],
  kept: readonly number[],
) {
  const y: number[] = [];
  const magnitude: number[] = [];
  const dx = new Float64Array(x.length);
  for (const [i, group] of groups(shape, kept).entries()) {
    y.push(group.reduce((total, at) => total + x[at], 0) / n);
    magnitude.push(group.reduce((total, at) => total + Math.abs(x[at]), 0) / n);
    for (const at of group) dx[at] = dy[i] / n;
  }
  return { y, magnitude, dx };
}

/** The largest of each group, NaN if one is; and dy in equal parts to all that are largest, dy·0/0 where none is. */
export function max(x: ArrayLike<number>, dy: ArrayLike<number>, shape: readonly number[], kept: readonly number[]) {
  const y: number[] = [];
  const dx = new Float64Array(x.length);
  for (const [i, group] of groups(shape, kept).entries()) {
    const values = group.map((at) => x[at]);
    const most = values.reduce((a, b) => Math.max(a, b), -Infinity);
    const ties = values.filter((v) => v === most).length;
    for (const at of group) dx[at] = (x[at] === most ? 1 : 0) * (dy[i] / ties);
    y.push(most);
  }
  return { y, dx };
}
