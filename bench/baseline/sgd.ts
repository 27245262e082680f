/** v = μ·v + g, p −= lr·v. */
export function sgdStep(p: Float32Array, v: Float32Array, g: Float32Array, lr: number, momentum: number): void {
  for (let i = 0; i < p.length; i++) {
    const velocity = momentum * v[i] + g[i];
    v[i] = velocity;
    p[i] -= lr * velocity;
  }
}
