/** The mean over rows of −log softmax(x)[label]; keeps the softmax for the gradient. x and probabilities are [rows, C]. */
export function crossEntropyForward(
  probabilities: Float32Array,
  x: Float32Array,
  labels: Int32Array,
  C: number,
): number {
  let loss = 0;
  for (let row = 0; row < labels.length; row++) {
    const start = row * C;
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < C; c++) largest = Math.max(largest, x[start + c]);
    let sum = 0;
    for (let c = 0; c < C; c++) {
      const e = Math.exp(x[start + c] - largest);
      probabilities[start + c] = e;
      sum += e;
    }
    const scale = 1 / sum;
    for (let c = 0; c < C; c++) probabilities[start + c] *= scale;
    loss += Math.log(sum) + largest - x[start + labels[row]];
  }
  return loss / labels.length;
}

/** dx = (softmax − one-hot label) / rows */
export function crossEntropyBackward(
  dx: Float32Array,
  probabilities: Float32Array,
  labels: Int32Array,
  C: number,
): void {
  const scale = 1 / labels.length;
  for (let i = 0; i < dx.length; i++) dx[i] = scale * probabilities[i];
  for (let row = 0; row < labels.length; row++) dx[row * C + labels[row]] -= scale;
}
