/** Square windows of K places over planes of H × W. */
export interface Pooling {
  planes: number;
  H: number;
  W: number;
  K: number;
  stride: number;
  padding: number;
}

export const outputSize = (size: number, { K, stride, padding }: Pooling): number =>
  Math.floor((size + 2 * padding - K) / stride) + 1;

/** out = the maximum of each window; argmax = its index in x. */
export function maxPool2dForward(out: Float32Array, argmax: Int32Array, x: Float32Array, pooling: Pooling): void {
  const { planes, H, W, K, stride, padding } = pooling;
  const OH = outputSize(H, pooling);
  const OW = outputSize(W, pooling);
  let o = 0;
  for (let plane = 0; plane < planes; plane++) {
    const start = plane * H * W;
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * stride - padding;
      const h0 = Math.max(top, 0);
      const h1 = Math.min(top + K, H);
      for (let ow = 0; ow < OW; ow++, o++) {
        const left = ow * stride - padding;
        const w0 = Math.max(left, 0);
        const w1 = Math.min(left + K, W);
        let at = start + h0 * W + w0;
        let best = x[at];
        for (let h = h0; h < h1; h++) {
          const row = start + h * W;
          for (let i = row + w0; i < row + w1; i++) {
            const value = x[i];
            if (value > best) {
              best = value;
              at = i;
            }
          }
        }
        out[o] = best;
        argmax[o] = at;
      }
    }
  }
}

/** dx = 0, then dx[argmax] += dout. */
export function maxPool2dBackward(dx: Float32Array, dout: Float32Array, argmax: Int32Array): void {
  dx.fill(0);
  for (let o = 0; o < dout.length; o++) dx[argmax[o]] += dout[o];
}

/** out = the average of each window, the padding counted. */
export function avgPool2dForward(out: Float32Array, x: Float32Array, pooling: Pooling): void {
  const { planes, H, W, K, stride, padding } = pooling;
  const OH = outputSize(H, pooling);
  const OW = outputSize(W, pooling);
  const share = 1 / (K * K);
  let o = 0;
  for (let plane = 0; plane < planes; plane++) {
    const start = plane * H * W;
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * stride - padding;
      const h0 = Math.max(top, 0);
      const h1 = Math.min(top + K, H);
      for (let ow = 0; ow < OW; ow++, o++) {
        const left = ow * stride - padding;
        const w0 = Math.max(left, 0);
        const w1 = Math.min(left + K, W);
        let sum = 0;
        for (let h = h0; h < h1; h++) {
          const row = start + h * W;
          for (let i = row + w0; i < row + w1; i++) sum += x[i];
        }
        out[o] = sum * share;
      }
    }
  }
}

/** dx = 0, then dx += dout / K² over each window. */
export function avgPool2dBackward(dx: Float32Array, dout: Float32Array, pooling: Pooling): void {
  const { planes, H, W, K, stride, padding } = pooling;
  const OH = outputSize(H, pooling);
  const OW = outputSize(W, pooling);
  const share = 1 / (K * K);
  dx.fill(0);
  let o = 0;
  for (let plane = 0; plane < planes; plane++) {
    const start = plane * H * W;
    for (let oh = 0; oh < OH; oh++) {
      const top = oh * stride - padding;
      const h0 = Math.max(top, 0);
      const h1 = Math.min(top + K, H);
      for (let ow = 0; ow < OW; ow++, o++) {
        const left = ow * stride - padding;
        const w0 = Math.max(left, 0);
        const w1 = Math.min(left + K, W);
        const d = dout[o] * share;
        for (let h = h0; h < h1; h++) {
          const row = start + h * W;
          for (let i = row + w0; i < row + w1; i++) dx[i] += d;
        }
      }
    }
  }
}

/** out[plane] = the plane's average. */
export function globalAvgPool2dForward(out: Float32Array, x: Float32Array): void {
  const size = x.length / out.length;
  for (let plane = 0, i = 0; plane < out.length; plane++) {
    let sum = 0;
    for (const end = i + size; i < end; i++) sum += x[i];
    out[plane] = sum / size;
  }
}

/** dx = each plane's dout, shared out. */
export function globalAvgPool2dBackward(dx: Float32Array, dout: Float32Array): void {
  const size = dx.length / dout.length;
  for (let plane = 0; plane < dout.length; plane++) dx.fill(dout[plane] / size, plane * size, (plane + 1) * size);
}
