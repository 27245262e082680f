/** out = γ∘(x − μ)·r + β over rows of length C; saves μ and r. */
// biome-ignore format: outputs, inputs, sizes
export function layerNormForward(
  out: Float32Array, mean: Float32Array, rstd: Float32Array,
  x: Float32Array, weight: Float32Array, bias: Float32Array, C: number, eps: number,
): void {
  for (let row = 0; row < mean.length; row++) {
    const start = row * C;
    let sum = 0;
    for (let c = 0; c < C; c++) sum += x[start + c];
    const mu = sum / C;
    let squares = 0;
    for (let c = 0; c < C; c++) {
      const d = x[start + c] - mu;
      squares += d * d;
    }
    const r = 1 / Math.sqrt(squares / C + eps);
    for (let c = 0; c < C; c++) out[start + c] = (x[start + c] - mu) * r * weight[c] + bias[c];
    mean[row] = mu;
    rstd[row] = r;
  }
}

/** dx = …, dweight += …, dbias += …, in one sweep over the rows. */
// biome-ignore format: outputs, inputs, sizes
export function layerNormBackward(
  dx: Float32Array, dweight: Float32Array, dbias: Float32Array,
  dout: Float32Array, x: Float32Array, weight: Float32Array, mean: Float32Array, rstd: Float32Array, C: number,
): void {
  for (let row = 0; row < mean.length; row++) {
    const start = row * C;
    const mu = mean[row];
    const r = rstd[row];
    let sumG = 0;
    let sumGX = 0;
    for (let c = 0; c < C; c++) {
      const dy = dout[start + c];
      const xhat = (x[start + c] - mu) * r;
      sumG += dy * weight[c];
      sumGX += dy * weight[c] * xhat;
      dweight[c] += dy * xhat;
      dbias[c] += dy;
    }
    const meanG = sumG / C;
    const meanGX = sumGX / C;
    for (let c = 0; c < C; c++) {
      const xhat = (x[start + c] - mu) * r;
      dx[start + c] = r * (dout[start + c] * weight[c] - meanG - xhat * meanGX);
    }
  }
}
