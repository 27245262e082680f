import { depthwiseBackwardInput, depthwiseBackwardWeight, depthwiseForward } from './depthwise.ts';
import { gemm } from './gemm.ts';
import { col2im, im2col, type Windows } from './im2col.ts';

/**
 * x [N, C, H, W], weight [O, C/groups, kh, kw], out [N, O, OH, OW]. A group is a product of matrices over im2col's
 * columns, which is several times faster than direct loops (measured) except for depthwise 3×3 ones.
 */
export interface Conv2d extends Windows {
  N: number;
  O: number;
  groups: number;
}

/** The sizes of a convolution, with what PyTorch takes when it is not given. */
export function conv2d(
  sizes: Pick<Conv2d, 'N' | 'C' | 'H' | 'W' | 'O' | 'kh' | 'kw'> &
    Partial<Pick<Conv2d, 'stride' | 'padding' | 'dilation' | 'groups'>>,
): Conv2d {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = sizes;
  const count = (size: number, k: number) => Math.floor((size + 2 * padding - dilation * (k - 1) - 1) / stride) + 1;
  const { H, W, kh, kw } = sizes;
  return { ...sizes, stride, padding, dilation, groups, OH: count(H, kh), OW: count(W, kw) };
}

/** One group's matrices: weight [M, K], columns [K, P], out [M, P]; and which shortcuts there are. */
function matrices(conv: Conv2d) {
  const { C, O, kh, kw, stride, padding, groups, OH, OW } = conv;
  const channels = C / groups;
  const group: Windows = { ...conv, C: channels };
  const pointwise = kh === 1 && kw === 1 && stride === 1 && padding === 0;
  const depthwise =
    groups === C && O === C && kh === 3 && kw === 3 && stride === 1 && padding === 1 && conv.dilation === 1;
  return { M: O / groups, K: channels * kh * kw, P: OH * OW, group, pointwise, depthwise };
}

let scratch = new Float32Array(0);
const columnsOf = (size: number): Float32Array => {
  if (scratch.length < size) scratch = new Float32Array(size);
  return scratch;
};

/** Calls with the group's parts of weight, x and out, for every image and group. */
function forEachGroup(
  { N, C, H, W, groups }: Conv2d,
  { M, K, P }: { M: number; K: number; P: number },
  call: (weight: number, x: number, out: number) => void,
): void {
  const image = (C / groups) * H * W;
  for (let n = 0; n < N; n++) {
    for (let g = 0; g < groups; g++) call(g * M * K, (n * groups + g) * image, (n * groups + g) * M * P);
  }
}

/** out = weight ⋆ x + bias */
export function conv2dForward(
  out: Float32Array,
  x: Float32Array,
  weight: Float32Array,
  bias: Float32Array | null,
  conv: Conv2d,
): void {
  const sizes = matrices(conv);
  const { M, K, P, group, pointwise, depthwise } = sizes;
  if (depthwise) depthwiseForward(out, x, weight, conv);
  else {
    const columns = columnsOf(pointwise ? 0 : K * P);
    forEachGroup(conv, sizes, (w, from, to) => {
      if (!pointwise) im2col(columns, x, group, from);
      const b = pointwise ? x.subarray(from, from + K * P) : columns;
      gemm(out.subarray(to, to + M * P), weight.subarray(w, w + M * K), b, M, P, K);
    });
  }
  if (!bias) return;
  for (let plane = 0; plane < conv.N * conv.O; plane++) {
    const b = bias[plane % conv.O];
    for (let p = plane * P; p < (plane + 1) * P; p++) out[p] += b;
  }
}

/** dx = the transpose of the convolution applied to dout */
export function conv2dBackwardInput(dx: Float32Array, dout: Float32Array, weight: Float32Array, conv: Conv2d): void {
  const sizes = matrices(conv);
  const { M, K, P, group, pointwise, depthwise } = sizes;
  if (depthwise) return depthwiseBackwardInput(dx, dout, weight, conv);
  const columns = columnsOf(pointwise ? 0 : K * P);
  forEachGroup(conv, sizes, (w, to, from) => {
    const c = pointwise ? dx.subarray(to, to + K * P) : columns;
    gemm(c, weight.subarray(w, w + M * K), dout.subarray(from, from + M * P), K, P, M, { transposeA: true });
    if (!pointwise) col2im(dx, columns, group, to);
  });
}

/** dweight += dout · columnsᵀ, over all images */
export function conv2dBackwardWeight(dweight: Float32Array, dout: Float32Array, x: Float32Array, conv: Conv2d): void {
  const sizes = matrices(conv);
  const { M, K, P, group, pointwise, depthwise } = sizes;
  if (depthwise) return depthwiseBackwardWeight(dweight, dout, x, conv);
  const columns = columnsOf(pointwise ? 0 : K * P);
  forEachGroup(conv, sizes, (w, from, to) => {
    if (!pointwise) im2col(columns, x, group, from);
    const b = pointwise ? x.subarray(from, from + K * P) : columns;
    const accumulate = { transposeB: true, beta: 1 };
    gemm(dweight.subarray(w, w + M * K), dout.subarray(to, to + M * P), b, M, K, P, accumulate);
  });
}

/** dbias += Σ dout over images and positions */
export function conv2dBackwardBias(dbias: Float32Array, dout: Float32Array, { N, O, OH, OW }: Conv2d): void {
  const P = OH * OW;
  for (let plane = 0; plane < N * O; plane++) {
    // Four sums, so that an addition need not wait for the one before.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let p = plane * P;
    const end = p + P;
    for (; p + 4 <= end; p += 4) {
      s0 += dout[p];
      s1 += dout[p + 1];
      s2 += dout[p + 2];
      s3 += dout[p + 3];
    }
    for (; p < end; p++) s0 += dout[p];
    dbias[plane % O] += s0 + s1 + s2 + s3;
  }
}
