import type { Core } from './core/core.ts';
import type { FloatDType } from './dtype.ts';
import { type Conv2dGeometry, isDepthwise } from './geometry/conv2d.ts';

/**
 * Writes the sizes into the core's scratch block, with room for the kernels' workspace behind them; returns the
 * address that convolution kernels take as `shape`. It is valid until scratch is next asked for.
 */
export function writeConv2dShape(core: Core, dtype: FloatDType, g: Conv2dGeometry): number {
  const { conv2dShape, conv2dWorkspace, depthwiseWorkspace } = core.kernels[dtype];
  const bytes = isDepthwise(g)
    ? depthwiseWorkspace(g.W, g.OW, ...g.kernelSize, ...g.stride, g.padding[1], ...g.dilation)
    : conv2dWorkspace(g.OH * g.OW);
  const at = core.memory.scratch(bytes);
  // biome-ignore format: in the order of Conv2dShape
  conv2dShape(
    at,
    g.N, g.C, g.H, g.W, g.O, g.OH, g.OW, g.kernelSize[0], g.kernelSize[1],
    g.stride[0], g.stride[1], g.padding[0], g.padding[1], g.dilation[0], g.dilation[1], g.groups,
  );
  return at;
}
