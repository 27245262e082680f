import type { Core } from './core/core.ts';
import type { FloatDType } from './dtype.ts';
import { type Conv2dGeometry, isDepthwise, suitsWinograd } from './geometry/conv2d.ts';

/** The kernels of a convolution's three passes. */
export type Convolution = ReturnType<typeof convolutionOf>;

/**
 * Channels of a group, on either side, from which on Winograd's algorithm is faster, where its tiles lie within the image (measured); in
 * weight gradients, whose sums are few, later. In the plain build three channels are as much faster, but err more than four times as
 * much as the direct path.
 */
const winogradChannels = { relaxed: 3, plain: 4 };
const winogradWeightChannels = 8;
/** Output pixels of all images from which on transforming the weights pays (measured). */
const winogradPixels = 256;

/** Tiles of Winograd's algorithm along so many pixels. */
const tilesAlong = (pixels: number) => Math.ceil(pixels / 4);

/** What 'auto' stands for in a pass that takes Winograd's algorithm from so many channels on. */
function chosen(g: Conv2dGeometry, least: number): 'direct' | 'winograd' {
  if (g.algorithm !== 'auto') return g.algorithm;
  const channels = Math.min(g.C, g.O) / g.groups;
  const inside = (g.OH * g.OW) / (16 * tilesAlong(g.OH) * tilesAlong(g.OW));
  // What sticks out is computed for nothing, and its neighbours are written number by number.
  const worth = channels * inside ** 4 >= least && g.N * g.OH * g.OW >= winogradPixels;
  return worth && suitsWinograd(g) ? 'winograd' : 'direct';
}

/**
 * The kernels of a convolution's three passes: by Winograd's algorithm, in f32 depthwise where each channel is a group of its own,
 * or by matrix products. All take the same arguments; `extents` is what each divides by `begin` and `end`,
 * `workspace` gives the bytes of a shape and of what they need behind it. `algorithm` is that of the output and the input gradient.
 */
export function convolutionOf(core: Core, dtype: FloatDType, g: Conv2dGeometry) {
  const passes = passesBy(chosen(g, winogradChannels[core.simd]), core, dtype, g);
  const ofWeight = passesBy(chosen(g, winogradWeightChannels), core, dtype, g);
  if (ofWeight.algorithm === passes.algorithm) return passes;
  const { algorithm, forward, backwardInput, extents, workspace } = passes;
  return {
    algorithm,
    forward,
    backwardInput,
    backwardWeight: ofWeight.backwardWeight,
    extents: {
      forward: extents.forward,
      backwardInput: extents.backwardInput,
      backwardWeight: ofWeight.extents.backwardWeight,
    },
    workspace: (shape: number) => Math.max(workspace(shape), ofWeight.workspace(shape)),
  };
}

function passesBy(algorithm: 'direct' | 'winograd', core: Core, dtype: FloatDType, g: Conv2dGeometry) {
  const kernels = core.kernels[dtype];
  if (algorithm === 'winograd') {
    return {
      algorithm,
      forward: kernels.winogradForward,
      backwardInput: kernels.winogradBackwardInput,
      backwardWeight: kernels.winogradBackwardWeight,
      extents: {
        forward: g.N * tilesAlong(g.OH),
        backwardInput: g.N * tilesAlong(g.H),
        backwardWeight: Math.max(g.C, g.O) / g.groups,
      },
      workspace: kernels.winogradWorkspace,
    };
  }
  const [forward, backwardInput] = [g.N * g.OH, g.N * g.C];
  if (dtype === 'f32' && isDepthwise(g)) {
    const { f32 } = core.kernels;
    return {
      algorithm,
      forward: f32.depthwiseForward,
      backwardInput: f32.depthwiseBackwardInput,
      backwardWeight: f32.depthwiseBackwardWeight,
      extents: { forward, backwardInput, backwardWeight: g.C },
      workspace: f32.depthwiseWorkspace,
    };
  }
  return {
    algorithm,
    forward: kernels.conv2dForward,
    backwardInput: kernels.conv2dBackwardInput,
    backwardWeight: kernels.conv2dBackwardWeight,
    extents: { forward, backwardInput, backwardWeight: (g.C / g.groups) * g.kernelSize[0] * g.kernelSize[1] },
    workspace: kernels.conv2dWorkspace,
  };
}
