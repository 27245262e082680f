import type { Core } from './core/core.ts';
import type { FloatDType } from './dtype.ts';
import type { Conv2dGeometry } from './geometry/conv2d.ts';

/**
 * Writes the sizes into the core's scratch block, with room for the kernels' workspace behind them; returns the
 * address that convolution kernels take as `shape`. It is valid until scratch is next asked for.
 */
export function writeConv2dShape(
  core: Core,
  dtype: FloatDType,
  g: Conv2dGeometry,
  workspace = core.kernels[dtype].conv2dWorkspace,
): number {
  const { memory } = core;
  const first = write(core, dtype, g, memory.scratch(conv2dShapeBytes));
  const at = memory.scratch(workspace(first));
  return at === first ? at : write(core, dtype, g, at);
}

/** A Conv2dShape without its workspace: sixteen i32. */
const conv2dShapeBytes = 64;

function write(core: Core, dtype: FloatDType, g: Conv2dGeometry, at: number): number {
  // biome-ignore format: in the order of Conv2dShape
  core.kernels[dtype].conv2dShape(
    at,
    g.N, g.C, g.H, g.W, g.O, g.OH, g.OW, g.kernelSize[0], g.kernelSize[1],
    g.stride[0], g.stride[1], g.padding[0], g.padding[1], g.dilation[0], g.dilation[1], g.groups,
  );
  return at;
}
