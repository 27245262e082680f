import { checkTensor } from '../check-tensor.ts';
import { writeConv2dShape } from '../conv2d-shape.ts';
import { type Conv2dGeometry, type Conv2dOptions, conv2dGeometry, conv2dWindow } from '../geometry/conv2d.ts';
import type { Shape, Size2d } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

export interface Im2colOptions extends Omit<Conv2dOptions, 'groups' | 'algorithm'> {
  kernelSize: Size2d;
}

/** The sizes of a call and of its columns: [N, C·KH·KW, OH·OW], or [C·KH·KW, OH·OW] for a single image. */
function geometryOf(call: string, image: Shape, options: Im2colOptions): { g: Conv2dGeometry; columns: Shape } {
  const C = image[image.length - 3];
  const g = conv2dGeometry(call, image, C, C, conv2dWindow(call, options.kernelSize, options));
  const matrix = [C * g.kernelSize[0] * g.kernelSize[1], g.OH * g.OW];
  return { g, columns: image.length === 4 ? [g.N, ...matrix] : matrix };
}

/**
 * columns[n][(c, kh, kw)][(oh, ow)] = x[n][c][oh·stride − padding + kh·dilation][…], 0 outside the image.
 * @param x [N, C, H, W] or [C, H, W]
 * @param columns [N, C·KH·KW, OH·OW] or [C·KH·KW, OH·OW], overwritten
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Unfold.html
 */
export function im2col(x: Tensor, columns: Tensor, options: Im2colOptions): void {
  const { kernels, same } = floatTensor('im2col', 'x', x);
  const { g, columns: expected } = geometryOf('im2col', x.shape, options);
  checkTensor('im2col', 'columns', columns, same, expected);
  kernels.im2col(columns.address, x.address, writeConv2dShape(same.core, same.dtype, g), 0, g.N * g.C);
}

/**
 * The adjoint of `im2col`: every pixel of dx becomes the sum of the columns' elements that im2col reads from it.
 * @param columns [N, C·KH·KW, OH·OW] or [C·KH·KW, OH·OW]
 * @param dx [N, C, H, W] or [C, H, W], overwritten
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Fold.html
 */
export function col2im(columns: Tensor, dx: Tensor, options: Im2colOptions): void {
  const { kernels, same } = floatTensor('col2im', 'dx', dx);
  const { g, columns: expected } = geometryOf('col2im', dx.shape, options);
  checkTensor('col2im', 'columns', columns, same, expected);
  kernels.col2im(dx.address, columns.address, writeConv2dShape(same.core, same.dtype, g), 0, g.N * g.C);
}
