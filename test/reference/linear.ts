/** y = x·Wᵀ + b and its gradients in float64, summed out by the definition; with the sums of absolute terms. */
export function linear(
  { M, I, O }: { M: number; I: number; O: number },
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number> | undefined,
  dy: ArrayLike<number>,
) {
  const accumulator = (size: number) => ({ value: new Float64Array(size), magnitude: new Float64Array(size) });
  const [y, dx, dw, db] = [M * O, M * I, O * I, O].map(accumulator);
  const add = (to: { value: Float64Array; magnitude: Float64Array }, i: number, term: number) => {
    to.value[i] += term;
    to.magnitude[i] += Math.abs(term);
  };
  for (let m = 0; m < M; m++) {
    for (let o = 0; o < O; o++) {
      for (let i = 0; i < I; i++) {
        add(y, m * O + o, x[m * I + i] * w[o * I + i]);
        add(dx, m * I + i, dy[m * O + o] * w[o * I + i]);
        add(dw, o * I + i, dy[m * O + o] * x[m * I + i]);
      }
      if (b) add(y, m * O + o, b[o]);
      add(db, o, dy[m * O + o]);
    }
  }
  return { y, dx, dw, db };
}
