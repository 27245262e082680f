/** Mean cross entropy of logits [N, C] against labels; saves the softmax for backward. */
export function crossEntropyForward(softmax: Float32Array, x: Float32Array, labels: Int32Array, C: number): number {
  const N = labels.length;
  let loss = 0;
  for (let n = 0; n < N; n++) {
    const start = n * C;
    let max = -Infinity;
    for (let c = 0; c < C; c++) if (x[start + c] > max) max = x[start + c];
    let sum = 0;
    for (let c = 0; c < C; c++) {
      const e = Math.exp(x[start + c] - max);
      softmax[start + c] = e;
      sum += e;
    }
    for (let c = 0; c < C; c++) softmax[start + c] /= sum;
    loss += Math.log(sum) - (x[start + labels[n]] - max);
  }
  return loss / N;
}

/** dx = (softmax − [c = label])/N. */
export function crossEntropyBackward(dx: Float32Array, softmax: Float32Array, labels: Int32Array, C: number): void {
  const N = labels.length;
  const scale = 1 / N;
  for (let i = 0; i < dx.length; i++) dx[i] = softmax[i] * scale;
  for (let n = 0; n < N; n++) dx[n * C + labels[n]] -= scale;
}
