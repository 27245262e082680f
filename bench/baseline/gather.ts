/** out = the rows of weight [V, D] that the index names. */
export function embedding(out: Float32Array, weight: Float32Array, index: Int32Array, D: number): void {
  for (let i = 0, to = 0; i < index.length; i++, to += D) {
    const from = index[i] * D;
    for (let d = 0; d < D; d++) out[to + d] = weight[from + d];
  }
}

export function embeddingBackward(dweight: Float32Array, dout: Float32Array, index: Int32Array, D: number): void {
  dweight.fill(0);
  for (let i = 0, from = 0; i < index.length; i++, from += D) {
    const to = index[i] * D;
    for (let d = 0; d < D; d++) dweight[to + d] += dout[from + d];
  }
}
