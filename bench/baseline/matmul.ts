import { gemm } from './gemm.ts';

/** Attention's scores of every head: q, k [heads, T, D], scores [heads, T, T] = q·kᵀ. */
export function scores(out: Float32Array, q: Float32Array, k: Float32Array, heads: number, T: number, D: number): void {
  for (let head = 0; head < heads; head++) {
    const queries = q.subarray(head * T * D, (head + 1) * T * D);
    const keys = k.subarray(head * T * D, (head + 1) * T * D);
    gemm(out.subarray(head * T * T, (head + 1) * T * T), queries, keys, T, T, D, { transposeB: true });
  }
}

/** dq = dout·k, dk = doutᵀ·q. */
// biome-ignore format: outputs, inputs, sizes
export function scoresBackward(
  dq: Float32Array, dk: Float32Array,
  dout: Float32Array, q: Float32Array, k: Float32Array,
  heads: number, T: number, D: number,
): void {
  for (let head = 0; head < heads; head++) {
    const [from, to] = [head * T * D, (head + 1) * T * D];
    const dscores = dout.subarray(head * T * T, (head + 1) * T * T);
    gemm(dq.subarray(from, to), dscores, k.subarray(from, to), T, D, T);
    gemm(dk.subarray(from, to), dscores, q.subarray(from, to), T, D, T, { transposeA: true });
  }
}
