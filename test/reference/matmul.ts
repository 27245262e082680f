import { indicesOf, numberOf } from './movement.ts';

/**
 * torch.matmul and its gradients from the definition, term by term: each term a·b of an element of c adds dc·b to
 * da and dc·a to db. Of every array also the sums of its terms' absolute values, and how many terms one element has.
 */
export function matmul(
  a: { shape: readonly number[]; values: ArrayLike<number> },
  b: { shape: readonly number[]; values: ArrayLike<number> },
  dc: (count: number) => ArrayLike<number>,
) {
  const [rowA, columnB] = [a.shape.length === 1, b.shape.length === 1];
  const left = rowA ? [1, ...a.shape] : [...a.shape];
  const right = columnB ? [...b.shape, 1] : [...b.shape];
  const rank = Math.max(left.length, right.length);
  while (left.length < rank) left.unshift(1);
  while (right.length < rank) right.unshift(1);
  const [K, N] = right.slice(-2);
  const full = left.map((size, axis) =>
    axis === rank - 1 ? N : axis === rank - 2 ? size : Math.max(size, right[axis]),
  );
  const shape = full.filter((_, axis) => !(rowA && axis === rank - 2) && !(columnB && axis === rank - 1));

  const empty = (count: number) => ({
    values: new Float64Array(count),
    magnitude: new Float64Array(count),
    terms: new Float64Array(count),
  });
  const add = (to: ReturnType<typeof empty>, i: number, term: number) => {
    to.values[i] += term;
    to.magnitude[i] += Math.abs(term);
    to.terms[i]++;
  };
  const indices = indicesOf(full);
  const [c, da, db] = [empty(indices.length), empty(a.values.length), empty(b.values.length)];
  const upstream = dc(indices.length);
  const repeated = (index: number[], sizes: number[]) => index.map((i, axis) => (sizes[axis] === 1 ? 0 : i));
  indices.forEach((index, at) => {
    const [lead, m, n] = [index.slice(0, -2), index[rank - 2], index[rank - 1]];
    for (let k = 0; k < K; k++) {
      const i = numberOf(left, repeated([...lead, m, k], left));
      const j = numberOf(right, repeated([...lead, k, n], right));
      add(c, at, a.values[i] * b.values[j]);
      add(da, i, upstream[at] * b.values[j]);
      add(db, j, upstream[at] * a.values[i]);
    }
  });
  return { shape, c, da, db, upstream };
}
