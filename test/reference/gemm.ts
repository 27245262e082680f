/** α·op(a)·op(b) + β·c in float64 by the definition, and for each element the sum of its terms' absolute values. */
export function gemm(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  c: ArrayLike<number>,
  {
    M,
    N,
    K,
    transposeA = false,
    transposeB = false,
    alpha = 1,
    beta = 0,
  }: {
    M: number;
    N: number;
    K: number;
    transposeA?: boolean;
    transposeB?: boolean;
    alpha?: number;
    beta?: number;
  },
) {
  const out = new Float64Array(M * N);
  const magnitude = new Float64Array(M * N);
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j++) {
      let sum = 0;
      let absolute = 0;
      for (let k = 0; k < K; k++) {
        const term = (transposeA ? a[k * M + i] : a[i * K + k]) * (transposeB ? b[j * K + k] : b[k * N + j]);
        sum += term;
        absolute += Math.abs(term);
      }
      const kept = beta === 0 ? 0 : beta * c[i * N + j];
      out[i * N + j] = alpha * sum + kept;
      magnitude[i * N + j] = Math.abs(alpha) * absolute + Math.abs(kept);
    }
  }
  return { out, magnitude };
}
