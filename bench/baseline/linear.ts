import { gemm } from './gemm.ts';

/** Sizes of x [rows, inputs], weight [outputs, inputs] and out [rows, outputs]. */
export interface Linear {
  rows: number;
  inputs: number;
  outputs: number;
}

/** out = x·weightᵀ + bias */
export function linearForward(
  out: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  { rows, inputs, outputs }: Linear,
): void {
  for (let row = 0; row < rows; row++) out.set(bias, row * outputs);
  gemm(out, x, weight, rows, outputs, inputs, { transposeB: true, beta: 1 });
}

/** dx = dout·weight; dweight += doutᵀ·x; dbias += Σ dout over rows. Without dx for a network's first layer. */
// biome-ignore format: outputs, inputs, sizes
export function linearBackward(
  dx: Float32Array | null, dweight: Float32Array, dbias: Float32Array,
  dout: Float32Array, x: Float32Array, weight: Float32Array,
  { rows, inputs, outputs }: Linear,
): void {
  if (dx) gemm(dx, dout, weight, rows, inputs, outputs);
  gemm(dweight, dout, x, outputs, inputs, rows, { transposeA: true, beta: 1 });
  for (let row = 0; row < rows; row++) {
    for (let o = 0; o < outputs; o++) dbias[o] += dout[row * outputs + o];
  }
}
