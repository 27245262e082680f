/** Layer normalisation in float64, by its definition. x: rows × C. */
export function layerNorm(
  x: ArrayLike<number>,
  C: number,
  eps: number,
  gamma?: ArrayLike<number>,
  beta?: ArrayLike<number>,
) {
  const rows = x.length / C;
  const y = new Float64Array(x.length);
  const mean = new Float64Array(rows);
  const rstd = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += x[row * C + c];
    mean[row] = sum / C;
    let squares = 0;
    for (let c = 0; c < C; c++) squares += (x[row * C + c] - mean[row]) ** 2;
    rstd[row] = 1 / Math.sqrt(squares / C + eps);
    for (let c = 0; c < C; c++) {
      y[row * C + c] = (x[row * C + c] - mean[row]) * rstd[row] * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0);
    }
  }
  return { y, mean, rstd };
}

/**
 * The gradients by the Jacobian, summed out term by term rather than by the closed formula that the kernel uses:
 * ∂x̂_j/∂x_i = r·(δ_ij − 1/C − x̂_i·x̂_j/C).
 */
export function layerNormGradients(
  dy: ArrayLike<number>,
  x: ArrayLike<number>,
  C: number,
  eps: number,
  gamma?: ArrayLike<number>,
) {
  const { y: xhat, rstd } = layerNorm(x, C, eps);
  const dx = new Float64Array(x.length);
  const dgamma = new Float64Array(C);
  const dbeta = new Float64Array(C);
  for (let start = 0; start < x.length; start += C) {
    for (let j = 0; j < C; j++) {
      dgamma[j] += dy[start + j] * xhat[start + j];
      dbeta[j] += dy[start + j];
      const g = dy[start + j] * (gamma?.[j] ?? 1);
      for (let i = 0; i < C; i++) {
        const jacobian = rstd[start / C] * (Number(i === j) - 1 / C - (xhat[start + i] * xhat[start + j]) / C);
        dx[start + i] += g * jacobian;
      }
    }
  }
  return { dx, dgamma, dbeta };
}
