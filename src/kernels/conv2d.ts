import { reject } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import { writeConv2dShape } from '../conv2d-shape.ts';
import { convolutionOf } from '../convolution.ts';
import { type Conv2dOptions, checkConv2dWeight, conv2dGeometry, conv2dWindow } from '../geometry/conv2d.ts';
import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

/** The sizes of a call, from x's and the weights' shapes. */
function geometryOf(call: string, x: Shape, weight: Shape, options: Conv2dOptions) {
  if (weight.length !== 4) reject(call, 'weight', '[O, C/groups, KH, KW]', weight);
  const [O, , KH, KW] = weight;
  const window = conv2dWindow(call, [KH, KW], options);
  const C = x[x.length - 3];
  checkConv2dWeight(call, weight, C, window.groups);
  return conv2dGeometry(call, x, C, O, window);
}

function checkRank(call: string, argument: string, tensor: Tensor): void {
  if (tensor.shape.length !== 3 && tensor.shape.length !== 4) reject(call, argument, '[N, C, H, W]', tensor.shape);
}

/**
 * out = W·col(x) + b.
 * @param x [N, C, H, W] or [C, H, W]
 * @param weight [O, C/groups, KH, KW]
 * @param bias [O] or null
 * @param out [N, O, OH, OW], overwritten
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 */
export function conv2dForward(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  out: Tensor,
  options: Conv2dOptions = {},
): void {
  const call = 'conv2dForward';
  const { same } = floatTensor(call, 'x', x);
  checkRank(call, 'x', x);
  checkTensor(call, 'weight', weight, same);
  const g = geometryOf(call, x.shape, weight.shape, options);
  if (bias) checkTensor(call, 'bias', bias, same, [g.O]);
  checkTensor(call, 'out', out, same, g.outputShape);
  const { forward, extents, workspace } = convolutionOf(same.core, same.dtype, g);
  const shape = writeConv2dShape(same.core, same.dtype, g, workspace);
  forward(out.address, x.address, weight.address, addressOf(bias), shape, 0, extents.forward);
}

/**
 * dx = col2im(Wᵀ·dout).
 * @param dout [N, O, OH, OW]; @param weight [O, C/groups, KH, KW]
 * @param dx [N, C, H, W], overwritten; its shape says which input size is meant
 */
export function conv2dBackwardInput(dout: Tensor, weight: Tensor, dx: Tensor, options: Conv2dOptions = {}): void {
  const call = 'conv2dBackwardInput';
  const { same } = floatTensor(call, 'dout', dout);
  checkTensor(call, 'weight', weight, same);
  checkTensor(call, 'dx', dx, same);
  checkRank(call, 'dx', dx);
  const g = geometryOf(call, dx.shape, weight.shape, options);
  checkTensor(call, 'dout', dout, same, g.outputShape);
  const { backwardInput, extents, workspace } = convolutionOf(same.core, same.dtype, g);
  const shape = writeConv2dShape(same.core, same.dtype, g, workspace);
  backwardInput(dx.address, dout.address, weight.address, shape, 0, 0, extents.backwardInput);
}

/**
 * dweight += Σ_n dout·col(x)ᵀ.
 * @param dout [N, O, OH, OW]; @param x [N, C, H, W]; @param dweight [O, C/groups, KH, KW], added to
 */
export function conv2dBackwardWeight(dout: Tensor, x: Tensor, dweight: Tensor, options: Conv2dOptions = {}): void {
  const call = 'conv2dBackwardWeight';
  const { same } = floatTensor(call, 'dout', dout);
  checkTensor(call, 'x', x, same);
  checkRank(call, 'x', x);
  checkTensor(call, 'dweight', dweight, same);
  const g = geometryOf(call, x.shape, dweight.shape, options);
  checkTensor(call, 'dout', dout, same, g.outputShape);
  const { backwardWeight, extents, workspace } = convolutionOf(same.core, same.dtype, g);
  const shape = writeConv2dShape(same.core, same.dtype, g, workspace);
  backwardWeight(dweight.address, dout.address, x.address, shape, 0, extents.backwardWeight);
}

/** dbias += Σ over images and pixels of dout. @param dout [N, O, OH, OW] or [O, OH, OW]; @param dbias [O], added to */
export function conv2dBackwardBias(dout: Tensor, dbias: Tensor): void {
  const call = 'conv2dBackwardBias';
  const { kernels, same } = floatTensor(call, 'dout', dout);
  checkRank(call, 'dout', dout);
  const [O, OH, OW] = dout.shape.slice(-3);
  checkTensor(call, 'dbias', dbias, same, [O]);
  kernels.conv2dBackwardBias(dbias.address, dout.address, dout.size / (O * OH * OW), O, OH * OW, 0, O);
}
