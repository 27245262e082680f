import { add, matmul, type Node, pad, permute, reshape, split } from '../../src/index.ts';

type Pair = readonly [vertical: number, horizontal: number];

export interface ConvTransposeOptions {
  stride: Pair;
  dilation: Pair;
  groups: number;
  /** Places of the result taken away above and left of it. */
  padding: Pair;
  /** Height and width of the result. */
  size: Pair;
}

/**
 * The transposed convolution of x [N, C, H, W] by w [C, O/groups, KH, KW]: y[oy, ox] = Σ x[iy, ix]·w[ky, kx] over
 * all oy = iy·stride + ky·dilation − padding, and likewise ox. So every tap (ky, kx) of the kernel is a product of
 * matrices, whose places then lie `stride` apart from (ky, kx)·dilation − padding on.
 */
export function convTranspose2d(x: Node, w: Node, options: ConvTransposeOptions): Node {
  const { stride, dilation, groups, padding, size } = options;
  const [N, C, H, W] = x.shape;
  const [, perGroup, KH, KW] = w.shape;
  const pixels = reshape(x, [N, groups, C / groups, H * W]);
  const taps = permute(reshape(w, [groups, C / groups, perGroup, KH * KW]), [3, 0, 2, 1]);
  const products = matmul(reshape(taps, [KH * KW, 1, groups, perGroup, C / groups]), pixels);
  const placed = split(products, 1, 0).map((product, tap) => {
    const spread = pad(reshape(product, [N, -1, H, 1, W, 1]), [0, stride[1] - 1, 0, 0, 0, stride[0] - 1]);
    const top = Math.floor(tap / KW) * dilation[0] - padding[0];
    const left = (tap % KW) * dilation[1] - padding[1];
    const [bottom, right] = [size[0] - H * stride[0] - top, size[1] - W * stride[1] - left];
    return pad(reshape(spread, [N, -1, H * stride[0], W * stride[1]]), [left, right, top, bottom]);
  });
  return placed.reduce((sum, part) => add(sum, part));
}
