/** x is `planes` images [H, W]; windows of size×size lie side by side, as in LeNet: out is [planes, H/size, W/size]. */
export interface MaxPool2d {
  planes: number;
  H: number;
  W: number;
  size: number;
}

/** out = the largest of each window, argmax = where in x it stands; the first one where several are equal. */
export function maxPool2dForward(
  out: Float32Array,
  argmax: Int32Array,
  x: Float32Array,
  { planes, H, W, size }: MaxPool2d,
): void {
  const OH = Math.floor(H / size);
  const OW = Math.floor(W / size);
  let o = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let oh = 0; oh < OH; oh++) {
      let corner = (plane * H + oh * size) * W;
      for (let ow = 0; ow < OW; ow++) {
        let best = Number.NEGATIVE_INFINITY;
        let at = corner;
        for (let i = 0; i < size; i++) {
          const row = corner + i * W;
          for (let p = row; p < row + size; p++) {
            if (x[p] > best) {
              best = x[p];
              at = p;
            }
          }
        }
        out[o] = best;
        argmax[o++] = at;
        corner += size;
      }
    }
  }
}

/** dx = dout where each window's largest stood, 0 elsewhere */
export function maxPool2dBackward(dx: Float32Array, dout: Float32Array, argmax: Int32Array): void {
  dx.fill(0);
  for (let o = 0; o < dout.length; o++) dx[argmax[o]] += dout[o];
}
