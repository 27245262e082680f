/** Sizes of one image of C channels and of the windows that slide over it. */
export interface Windows {
  C: number;
  H: number;
  W: number;
  kh: number;
  kw: number;
  stride: number;
  padding: number;
  dilation: number;
  /** Windows down and across. */
  OH: number;
  OW: number;
}

/** columns[(c, kh, kw), (oh, ow)] = x[c, oh·stride − padding + kh·dilation, …], zero outside of the image. */
export function im2col(columns: Float32Array, x: Float32Array, windows: Windows, xStart = 0): void {
  const { C, H, W, kh, kw, stride, padding, dilation, OH, OW } = windows;
  let row = 0;
  for (let c = 0; c < C; c++) {
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const shift = j * dilation - padding;
        // The windows whose element (i, j) lies inside of the image, across: begin ≤ ow < end.
        const begin = Math.min(OW, Math.max(0, Math.ceil(-shift / stride)));
        const end = Math.max(begin, Math.min(OW, Math.ceil((W - shift) / stride)));
        for (let oh = 0; oh < OH; oh++) {
          const h = oh * stride - padding + i * dilation;
          const to = row + oh * OW;
          if (h < 0 || h >= H) {
            columns.fill(0, to, to + OW);
            continue;
          }
          let from = xStart + (c * H + h) * W + begin * stride + shift;
          for (let ow = 0; ow < begin; ow++) columns[to + ow] = 0;
          for (let ow = begin; ow < end; ow++) {
            columns[to + ow] = x[from];
            from += stride;
          }
          for (let ow = end; ow < OW; ow++) columns[to + ow] = 0;
        }
        row += OH * OW;
      }
    }
  }
}

/** The transpose of im2col: every x[c, h, w] becomes the sum of the elements of columns that im2col copies it to. */
export function col2im(x: Float32Array, columns: Float32Array, windows: Windows, xStart = 0): void {
  const { C, H, W, kh, kw, stride, padding, dilation, OH, OW } = windows;
  x.fill(0, xStart, xStart + C * H * W);
  let row = 0;
  for (let c = 0; c < C; c++) {
    for (let i = 0; i < kh; i++) {
      for (let j = 0; j < kw; j++) {
        const shift = j * dilation - padding;
        const begin = Math.min(OW, Math.max(0, Math.ceil(-shift / stride)));
        const end = Math.max(begin, Math.min(OW, Math.ceil((W - shift) / stride)));
        for (let oh = 0; oh < OH; oh++) {
          const h = oh * stride - padding + i * dilation;
          if (h < 0 || h >= H) continue;
          const from = row + oh * OW;
          let to = xStart + (c * H + h) * W + begin * stride + shift;
          for (let ow = begin; ow < end; ow++) {
            x[to] += columns[from + ow];
            to += stride;
          }
        }
        row += OH * OW;
      }
    }
  }
}
