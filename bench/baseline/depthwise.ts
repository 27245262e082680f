/**
 * Depthwise 3×3 convolution, stride 1, padding 1: MobileNet's. Each plane is copied into a frame of zeros first, as
 * doubles, so that the loops know no border and need no conversions; they slide a 3×3 window held in local variables.
 */
export interface Planes {
  N: number;
  C: number;
  H: number;
  W: number;
}

let frame = new Float64Array(0);

function framed(x: Float32Array, plane: number, H: number, W: number): Float64Array {
  const size = (H + 2) * (W + 2);
  if (frame.length !== size) frame = new Float64Array(size);
  for (let h = 0; h < H; h++) {
    const from = (plane * H + h) * W;
    const to = (h + 1) * (W + 2) + 1;
    for (let w = 0; w < W; w++) frame[to + w] = x[from + w];
  }
  return frame;
}

/** out = weight ⋆ x */
export function depthwiseForward(out: Float32Array, x: Float32Array, weight: Float32Array, planes: Planes): void {
  correlate(out, x, weight, planes, 0, 1);
}

/** dx = dout ⋆ weight turned by half a turn */
export function depthwiseBackwardInput(
  dx: Float32Array,
  dout: Float32Array,
  weight: Float32Array,
  planes: Planes,
): void {
  correlate(dx, dout, weight, planes, 8, -1);
}

// biome-ignore format: one row of the window a line
function correlate(
  out: Float32Array, x: Float32Array, weight: Float32Array,
  { N, C, H, W }: Planes, firstTap: number, tapStep: number,
): void {
  for (let plane = 0; plane < N * C; plane++) {
    const padded = framed(x, plane, H, W);
    const first = (plane % C) * 9 + firstTap;
    const k0 = weight[first], k1 = weight[first + tapStep], k2 = weight[first + 2 * tapStep];
    const k3 = weight[first + 3 * tapStep], k4 = weight[first + 4 * tapStep], k5 = weight[first + 5 * tapStep];
    const k6 = weight[first + 6 * tapStep], k7 = weight[first + 7 * tapStep], k8 = weight[first + 8 * tapStep];
    for (let h = 0; h < H; h++) {
      let p = h * (W + 2), q = p + W + 2, r = q + W + 2;
      let x0 = padded[p++], x1 = padded[p++];
      let x3 = padded[q++], x4 = padded[q++];
      let x6 = padded[r++], x7 = padded[r++];
      const end = (plane * H + h + 1) * W;
      for (let o = end - W; o < end; o++) {
        const x2 = padded[p++], x5 = padded[q++], x8 = padded[r++];
        out[o] = k0 * x0 + k1 * x1 + k2 * x2 + (k3 * x3 + k4 * x4 + k5 * x5) + (k6 * x6 + k7 * x7 + k8 * x8);
        x0 = x1; x1 = x2;
        x3 = x4; x4 = x5;
        x6 = x7; x7 = x8;
      }
    }
  }
}

/** dweight[c, i, j] += Σ dout[c, h, w]·x[c, h + i − 1, w + j − 1] */
// biome-ignore format: one row of the window a line
export function depthwiseBackwardWeight(
  dweight: Float32Array, dout: Float32Array, x: Float32Array, { N, C, H, W }: Planes,
): void {
  for (let plane = 0; plane < N * C; plane++) {
    const padded = framed(x, plane, H, W);
    let s0 = 0, s1 = 0, s2 = 0;
    let s3 = 0, s4 = 0, s5 = 0;
    let s6 = 0, s7 = 0, s8 = 0;
    for (let h = 0; h < H; h++) {
      let p = h * (W + 2), q = p + W + 2, r = q + W + 2;
      let x0 = padded[p++], x1 = padded[p++];
      let x3 = padded[q++], x4 = padded[q++];
      let x6 = padded[r++], x7 = padded[r++];
      const end = (plane * H + h + 1) * W;
      for (let o = end - W; o < end; o++) {
        const d = dout[o];
        const x2 = padded[p++], x5 = padded[q++], x8 = padded[r++];
        s0 += d * x0; s1 += d * x1; s2 += d * x2;
        s3 += d * x3; s4 += d * x4; s5 += d * x5;
        s6 += d * x6; s7 += d * x7; s8 += d * x8;
        x0 = x1; x1 = x2;
        x3 = x4; x4 = x5;
        x6 = x7; x7 = x8;
      }
    }
    const first = (plane % C) * 9;
    dweight[first] += s0; dweight[first + 1] += s1; dweight[first + 2] += s2;
    dweight[first + 3] += s3; dweight[first + 4] += s4; dweight[first + 5] += s5;
    dweight[first + 6] += s6; dweight[first + 7] += s7; dweight[first + 8] += s8;
  }
}
