/** out = softmax of rows of length C. */
export function softmax(out: Float32Array, x: Float32Array, C: number): void {
  for (let start = 0; start < x.length; start += C) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < C; c++) if (x[start + c] > max) max = x[start + c];
    let sum = 0;
    for (let c = 0; c < C; c++) {
      const e = Math.exp(x[start + c] - max);
      out[start + c] = e;
      sum += e;
    }
    const inverse = 1 / sum;
    for (let c = 0; c < C; c++) out[start + c] *= inverse;
  }
}

export function softmaxBackward(dx: Float32Array, dout: Float32Array, y: Float32Array, C: number): void {
  for (let start = 0; start < y.length; start += C) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += dout[start + c] * y[start + c];
    for (let c = 0; c < C; c++) dx[start + c] = y[start + c] * (dout[start + c] - sum);
  }
}

/** out = log softmax of rows of length C. */
export function logSoftmax(out: Float32Array, x: Float32Array, C: number): void {
  for (let start = 0; start < x.length; start += C) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < C; c++) if (x[start + c] > max) max = x[start + c];
    let sum = 0;
    for (let c = 0; c < C; c++) sum += Math.exp(x[start + c] - max);
    const shift = max + Math.log(sum);
    for (let c = 0; c < C; c++) out[start + c] = x[start + c] - shift;
  }
}

export function logSoftmaxBackward(dx: Float32Array, dout: Float32Array, y: Float32Array, C: number): void {
  for (let start = 0; start < y.length; start += C) {
    let sum = 0;
    for (let c = 0; c < C; c++) sum += dout[start + c];
    for (let c = 0; c < C; c++) dx[start + c] = dout[start + c] - Math.exp(y[start + c]) * sum;
  }
}
