import { checkOptions } from '../check.ts';
import { checkTensor } from '../check-tensor.ts';
import {
  type AvgPool2dWindow,
  adaptiveSizes,
  averageOf,
  type MaxPool2dWindow,
  pool2dSizes,
  window2d,
} from '../geometry/pool2d.ts';
import type { Size2d } from '../shape.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

const maxOptions = ['stride', 'padding', 'dilation', 'ceilMode'];
const avgOptions = ['stride', 'padding', 'ceilMode', 'countIncludePad', 'divisorOverride'];

/**
 * out = the maximum of each window; argmax = its index h·W + w within the plane.
 * @param x [N, C, H, W] or [C, H, W]
 * @param out [..., OH, OW], overwritten; @param argmax the same in i32, overwritten
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export function maxPool2dForward(
  x: Tensor,
  out: Tensor,
  argmax: Tensor,
  kernelSize: Size2d,
  options: MaxPool2dWindow = {},
): void {
  const call = 'maxPool2dForward';
  const { kernels, same } = floatTensor(call, 'x', x);
  checkOptions(call, options, maxOptions);
  const window = window2d(call, kernelSize, options);
  const { planes, H, W, OH, OW, shape } = pool2dSizes(call, x.shape, window);
  checkTensor(call, 'out', out, same, shape);
  checkTensor(call, 'argmax', argmax, { core: same.core, dtype: 'i32' }, shape);
  // biome-ignore format: outputs, inputs, sizes
  kernels.maxPool2dForward(
    out.address, argmax.address,
    x.address,
    H, W, OH, OW, ...window.kernelSize, ...window.stride, ...window.padding, ...window.dilation, 0, planes,
  );
}

/**
 * dx = 0, then dx[argmax] += dout, plane by plane; for `maxPool2dForward` and `adaptiveMaxPool2dForward`.
 * An index outside the plane is passed over.
 * @param dout [N, C, OH, OW] or [C, OH, OW]; @param argmax the same in i32, as forward left it
 * @param dx [N, C, H, W] or [C, H, W], overwritten
 */
export function maxPool2dBackward(dout: Tensor, argmax: Tensor, dx: Tensor): void {
  const call = 'maxPool2dBackward';
  const { kernels, same } = floatTensor(call, 'dout', dout);
  checkTensor(call, 'dx', dx, same);
  const { planes, H, W, OH, OW, shape } = adaptiveSizes(call, dx.shape, lastTwo(dout), 'dx');
  checkTensor(call, 'dout', dout, same, shape);
  checkTensor(call, 'argmax', argmax, { core: same.core, dtype: 'i32' }, shape);
  kernels.maxPool2dBackward(dx.address, dout.address, argmax.address, H * W, OH * OW, 0, 0, planes);
}

/**
 * As `maxPool2dForward`, with the windows that share the image out among the OH × OW elements of out.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 */
export function adaptiveMaxPool2dForward(x: Tensor, out: Tensor, argmax: Tensor): void {
  const call = 'adaptiveMaxPool2dForward';
  const { kernels, same } = floatTensor(call, 'x', x);
  checkTensor(call, 'out', out, same);
  const { planes, H, W, OH, OW, shape } = adaptiveSizes(call, x.shape, lastTwo(out));
  checkTensor(call, 'out', out, same, shape);
  checkTensor(call, 'argmax', argmax, { core: same.core, dtype: 'i32' }, shape);
  kernels.adaptiveMaxPool2dForward(out.address, argmax.address, x.address, H, W, OH, OW, 0, planes);
}

/**
 * out = the average of each window.
 * @param x [N, C, H, W] or [C, H, W]
 * @param out [..., OH, OW], overwritten
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 */
export function avgPool2dForward(x: Tensor, out: Tensor, kernelSize: Size2d, options: AvgPool2dWindow = {}): void {
  const call = 'avgPool2dForward';
  const { kernels, same } = floatTensor(call, 'x', x);
  checkOptions(call, options, avgOptions);
  const window = window2d(call, kernelSize, options);
  const { countIncludePad, divisor } = averageOf(call, options);
  const { planes, H, W, OH, OW, shape } = pool2dSizes(call, x.shape, window);
  checkTensor(call, 'out', out, same, shape);
  const [KH, KW, SH, SW, PH, PW] = [window.kernelSize, window.stride, window.padding].flat();
  const workspace = same.core.memory.scratch(kernels.avgPool2dWorkspace(W, OH, OW, KW, SW, PW));
  // biome-ignore format: outputs, inputs, sizes
  kernels.avgPool2dForward(
    out.address,
    x.address, workspace,
    H, W, OH, OW, KH, KW, SH, SW, PH, PW, Number(countIncludePad), divisor, 0, planes,
  );
}

/**
 * dx = each window's dout, shared out among its places.
 * @param dout [..., OH, OW]
 * @param dx [N, C, H, W] or [C, H, W], overwritten
 */
export function avgPool2dBackward(dout: Tensor, dx: Tensor, kernelSize: Size2d, options: AvgPool2dWindow = {}): void {
  const call = 'avgPool2dBackward';
  const { kernels, same } = floatTensor(call, 'dout', dout);
  checkOptions(call, options, avgOptions);
  const window = window2d(call, kernelSize, options);
  const { countIncludePad, divisor } = averageOf(call, options);
  checkTensor(call, 'dx', dx, same);
  const { planes, H, W, OH, OW, shape } = pool2dSizes(call, dx.shape, window, 'dx');
  checkTensor(call, 'dout', dout, same, shape);
  const [KH, KW, SH, SW, PH, PW] = [window.kernelSize, window.stride, window.padding].flat();
  const workspace = same.core.memory.scratch(kernels.avgPool2dWorkspace(W, OH, OW, KW, SW, PW));
  // biome-ignore format: outputs, inputs, sizes
  kernels.avgPool2dBackward(
    dx.address,
    dout.address, workspace,
    H, W, OH, OW, KH, KW, SH, SW, PH, PW, Number(countIncludePad), divisor, 0, planes,
  );
}

/**
 * As `avgPool2dForward`, with the windows that share the image out among the OH × OW elements of out.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
 */
export function adaptiveAvgPool2dForward(x: Tensor, out: Tensor): void {
  const call = 'adaptiveAvgPool2dForward';
  const { kernels, same } = floatTensor(call, 'x', x);
  checkTensor(call, 'out', out, same);
  const { planes, H, W, OH, OW, shape } = adaptiveSizes(call, x.shape, lastTwo(out));
  checkTensor(call, 'out', out, same, shape);
  kernels.adaptiveAvgPool2dForward(out.address, x.address, H, W, OH, OW, 0, planes);
}

/** dx = each window's dout, shared out among its places; dout [..., OH, OW], dx [..., H, W], overwritten. */
export function adaptiveAvgPool2dBackward(dout: Tensor, dx: Tensor): void {
  const call = 'adaptiveAvgPool2dBackward';
  const { kernels, same } = floatTensor(call, 'dout', dout);
  checkTensor(call, 'dx', dx, same);
  const { planes, H, W, OH, OW, shape } = adaptiveSizes(call, dx.shape, lastTwo(dout), 'dx');
  checkTensor(call, 'dout', dout, same, shape);
  kernels.adaptiveAvgPool2dBackward(dx.address, dout.address, H, W, OH, OW, 0, planes);
}

/** The output size that a tensor is made for; the whole shape is checked against it afterwards. */
const lastTwo = ({ shape }: Tensor): [number, number] => [shape[shape.length - 2], shape[shape.length - 1]];
