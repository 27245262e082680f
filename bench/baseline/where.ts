/** out = x where the mask is not 0, else `value`: the same mask for every plane of x. */
export function masked(out: Float32Array, mask: Float32Array, x: Float32Array, value: number): void {
  const size = mask.length;
  for (let start = 0; start < x.length; start += size) {
    for (let i = 0; i < size; i++) out[start + i] = mask[i] !== 0 ? x[start + i] : value;
  }
}

export function maskedBackward(dx: Float32Array, dout: Float32Array, mask: Float32Array): void {
  const size = mask.length;
  for (let start = 0; start < dx.length; start += size) {
    for (let i = 0; i < size; i++) dx[start + i] = mask[i] !== 0 ? dout[start + i] : 0;
  }
}
