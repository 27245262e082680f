import type { Core } from './core/core.ts';
import type { FloatDType } from './dtype.ts';
import { type Conv2dGeometry, isDepthwise } from './geometry/conv2d.ts';

/** The kernels of a convolution's three passes. */
export type Convolution = ReturnType<typeof convolutionOf>;

/**
 * The kernels of a convolution's three passes: depthwise, where each channel is a group of its own, or by matrix
 * products. Both take the same arguments.
 */
export function convolutionOf(core: Core, dtype: FloatDType, geometry: Conv2dGeometry) {
  const kernels = core.kernels[dtype];
  return isDepthwise(geometry)
    ? {
        forward: kernels.depthwiseForward,
        backwardInput: kernels.depthwiseBackwardInput,
        backwardWeight: kernels.depthwiseBackwardWeight,
      }
    : {
        forward: kernels.conv2dForward,
        backwardInput: kernels.conv2dBackwardInput,
        backwardWeight: kernels.conv2dBackwardWeight,
      };
}
