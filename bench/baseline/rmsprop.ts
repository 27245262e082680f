/** s = α·s + (1 − α)·g², p −= lr·g/(√s + ε). */
export function rmspropStep(p: Float32Array, s: Float32Array, g: Float32Array, lr: number): void {
  const [alpha, eps] = [0.99, 1e-8];
  for (let i = 0; i < p.length; i++) {
    const square = alpha * s[i] + (1 - alpha) * g[i] * g[i];
    s[i] = square;
    p[i] -= (lr * g[i]) / (Math.sqrt(square) + eps);
  }
}
