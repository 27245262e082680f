/** Keeps the factors of forward for backward, as inverted dropout is mostly written. */
export function dropoutForward(out: Float32Array, mask: Float32Array, x: Float32Array, p: number): void {
  const scale = 1 / (1 - p);
  for (let i = 0; i < x.length; i++) {
    const factor = Math.random() < p ? 0 : scale;
    mask[i] = factor;
    out[i] = x[i] * factor;
  }
}

/** dx = mask∘dy. */
export function dropoutBackward(dx: Float32Array, mask: Float32Array, dy: Float32Array): void {
  for (let i = 0; i < dy.length; i++) dx[i] = dy[i] * mask[i];
}
