/** Rows and columns of a block: two cache lines wide, and all of its lines fit into the L1 cache. */
const block = 32;

/** out [columns, rows] = x [rows, columns], turned over, block by block. */
export function transpose(out: Float32Array, x: Float32Array, rows: number, columns: number): void {
  for (let r0 = 0; r0 < rows; r0 += block) {
    const r1 = Math.min(r0 + block, rows);
    for (let c0 = 0; c0 < columns; c0 += block) {
      const c1 = Math.min(c0 + block, columns);
      for (let c = c0; c < c1; c++) {
        const to = c * rows;
        for (let r = r0, from = r0 * columns + c; r < r1; r++, from += columns) out[to + r] = x[from];
      }
    }
  }
}

/** out [N, B, A, inner] = x [N, A, B, inner] with axes 1 and 2 exchanged. Its own gradient, with A and B exchanged. */
// biome-ignore format: outputs, inputs, sizes
export function exchangeMiddle(
  out: Float32Array,
  x: Float32Array,
  N: number, A: number, B: number, inner: number,
): void {
  let to = 0;
  for (let n = 0; n < N; n++) {
    for (let b = 0; b < B; b++) {
      for (let a = 0; a < A; a++) {
        const from = ((n * A + a) * B + b) * inner;
        for (let i = 0; i < inner; i++) out[to + i] = x[from + i];
        to += inner;
      }
    }
  }
}
