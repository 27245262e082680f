/** Adam's step t. */
export function adamStep(
  p: Float32Array,
  m: Float32Array,
  v: Float32Array,
  g: Float32Array,
  lr: number,
  t: number,
): void {
  const [beta1, beta2, eps] = [0.9, 0.999, 1e-8];
  const alpha = lr / (1 - beta1 ** t);
  const c = 1 / Math.sqrt(1 - beta2 ** t);
  for (let i = 0; i < p.length; i++) {
    const mean = beta1 * m[i] + (1 - beta1) * g[i];
    const square = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    m[i] = mean;
    v[i] = square;
    p[i] -= (alpha * mean) / (c * Math.sqrt(square) + eps);
  }
}
