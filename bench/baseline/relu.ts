/** out = max(x, 0) */
export function reluForward(out: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const value = x[i];
    out[i] = value > 0 ? value : 0;
  }
}

/** dx = dout where out > 0, else 0 */
export function reluBackward(dx: Float32Array, dout: Float32Array, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) dx[i] = out[i] > 0 ? dout[i] : 0;
}
