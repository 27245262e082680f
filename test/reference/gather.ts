import { indicesOf, type Movement, numberOf } from './movement.ts';

/** torch.gather: out[…, j, …] = x[…, index[…, j, …], …]. */
export function gather(
  x: readonly number[],
  dim: number,
  index: readonly number[],
  picks: ArrayLike<number>,
): Movement {
  const sources = indicesOf(index).map((place, n) =>
    numberOf(
      x,
      place.map((i, axis) => (axis === dim ? picks[n] : i)),
    ),
  );
  return { shape: [...index], sources };
}

/** torch.index_select: out[…, j, …] = x[…, picks[j], …]. */
export function indexSelect(x: readonly number[], dim: number, picks: ArrayLike<number>): Movement {
  const shape = x.map((size, axis) => (axis === dim ? picks.length : size));
  const sources = indicesOf(shape).map((place) =>
    numberOf(
      x,
      place.map((i, axis) => (axis === dim ? picks[i] : i)),
    ),
  );
  return { shape, sources };
}

/** dx += dout at the sources, and for each element the sum of its terms' absolute values. */
export function scatterAdd(dout: ArrayLike<number>, sources: readonly number[], before: ArrayLike<number>) {
  const dx = Float64Array.from(before);
  const magnitude = dx.map(Math.abs);
  sources.forEach((source, i) => {
    dx[source] += dout[i];
    magnitude[source] += Math.abs(dout[i]);
  });
  return { dx, magnitude };
}
