import type { Core, FloatDType } from '../../src/index.ts';
import type { Conv2dSizes } from '../reference/conv2d.ts';
import type { Guarded } from './guarded.ts';

/** A convolution's shape with as much workspace as `workspace` asks for, between guard words. */
export function guardedShape(
  core: Core,
  dtype: FloatDType,
  memory: Guarded,
  s: Conv2dSizes,
  workspace: (shape: number) => number,
): number {
  const write = (at: number) => {
    // biome-ignore format: in the order of Conv2dShape
    core.kernels[dtype].conv2dShape(
      at, s.N, s.C, s.H, s.W, s.O, s.OH, s.OW, s.KH, s.KW, s.SH, s.SW, s.PH, s.PW, s.DH, s.DW, s.G,
    );
    return at;
  };
  const bytes = workspace(write(core.memory.scratch(64)));
  return write(memory.workspace(bytes));
}
