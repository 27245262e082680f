import type { Core } from './core/core.ts';
import type { FloatDType } from './dtype.ts';
import type { Conv2dGeometry } from './geometry/conv2d.ts';

/**
 * Writes the sizes to the start of a scratch block of so many bytes, behind which the kernels' workspace lies; returns the
 * address that convolution kernels take as `shape`. It is valid until scratch is next asked for.
 */
export function writeConv2dShape(core: Core, dtype: FloatDType, g: Conv2dGeometry, bytes: number): number {
  const { conv2dShape } = core.kernels[dtype];
  const at = core.memory.scratch(bytes);
  // biome-ignore format: in the order of Conv2dShape
  conv2dShape(
    at,
    g.N, g.C, g.H, g.W, g.O, g.OH, g.OW, g.kernelSize[0], g.kernelSize[1],
    g.stride[0], g.stride[1], g.padding[0], g.padding[1], g.dilation[0], g.dilation[1], g.groups,
  );
  return at;
}
