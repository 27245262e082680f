/** Mean of (x − t)². */
export function mseForward(x: Float32Array, t: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    const d = x[i] - t[i];
    sum += d * d;
  }
  return sum / x.length;
}

/** dx = 2·(x − t)/n. */
export function mseBackward(dx: Float32Array, x: Float32Array, t: Float32Array): void {
  const scale = 2 / x.length;
  for (let i = 0; i < x.length; i++) dx[i] = scale * (x[i] - t[i]);
}
