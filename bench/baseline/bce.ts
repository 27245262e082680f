/** Mean of max(x, 0) − x·t + log1p(e^−|x|). */
export function bceWithLogitsForward(x: Float32Array, t: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const v = x[i];
    sum += Math.max(v, 0) - v * t[i] + Math.log1p(Math.exp(-Math.abs(v)));
  }
  return sum / x.length;
}

/** dx = (σ(x) − t)/n. */
export function bceWithLogitsBackward(dx: Float32Array, x: Float32Array, t: Float32Array): void {
  const scale = 1 / x.length;
  for (let i = 0; i < x.length; i++) dx[i] = scale * (1 / (1 + Math.exp(-x[i])) - t[i]);
}
