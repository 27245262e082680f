import type { Core } from './core/core.ts';
import type { FloatDType } from './dtype.ts';
import { type Conv2dGeometry, isDepthwise, suitsWinograd } from './geometry/conv2d.ts';

/** The kernels of a convolution's three passes. */
export type Convolution = ReturnType<typeof convolutionOf>;

/**
 * Channels of a group, on either side, from which on Winograd's algorithm is faster, where its tiles lie within the image (measured).
 * In the plain build three channels are faster, too, but err more than four times as much as the direct path.
 */
const winogradChannels = { relaxed: 3, plain: 4 };
/** In input gradients that the direct path sums tap by tap, which is twice as exact as its forward pass: for the errors' sake. */
const winogradTapByTap = 32;
/** In weight gradients, whose sums are few. */
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
  // What sticks out is computed for nothing, and its neighbours are written number by number: the power is fitted to what was measured.
  const worth = channels * inside ** 4 >= least && g.N * g.OH * g.OW >= winogradPixels;
  return worth && suitsWinograd(g) ? 'winograd' : 'direct';
}

/**
 * Whether the direct input gradient adds up columns of products, tap by tap: where the mirrored convolution would multiply too
 * much by padding or for rows of a tile that no channel fills (isMirrored in assembly/kernels/conv2d.ts; small images apart).
 */
function goesTapByTap(g: Conv2dGeometry): boolean {
  const channels = g.C / g.groups;
  return 8 * g.H * g.W > 9 * g.OH * g.OW || (channels > 3 && channels % 4 > 0);
}

/**
 * The kernels of a convolution's three passes: by Winograd's algorithm, in f32 depthwise where each channel is a group of its own,
 * or by matrix products. All take the same arguments; `extents` is what each divides by `begin` and `end`,
 * `workspace` gives the bytes of a shape and of what they need behind it. `algorithm` is that of the forward pass.
 */
export function convolutionOf(core: Core, dtype: FloatDType, g: Conv2dGeometry) {
  // Depthwise kernels are asked for in f32 only.
  const kernels = core.kernels[dtype] as Core['kernels']['f32'];
  const direct = dtype === 'f32' && isDepthwise(g) ? 'depthwise' : 'conv2d';
  const kernelOf = (algorithm: 'direct' | 'winograd'): 'winograd' | 'depthwise' | 'conv2d' =>
    algorithm === 'winograd' ? algorithm : direct;
  const least = winogradChannels[core.simd];
  const algorithm = chosen(g, least);
  const output = kernelOf(algorithm);
  const input = kernelOf(chosen(g, goesTapByTap(g) ? winogradTapByTap : least));
  const weight = kernelOf(chosen(g, winogradWeightChannels));
  const weightExtents = {
    conv2d: (g.C / g.groups) * g.kernelSize[0] * g.kernelSize[1],
    depthwise: g.C,
    winograd: Math.max(g.C, g.O) / g.groups,
  };
  const [first, second] = new Set([output, input, weight].map((name) => kernels[`${name}Workspace` as const]));
  return {
    algorithm,
    forward: kernels[`${output}Forward` as const],
    backwardInput: kernels[`${input}BackwardInput` as const],
    backwardWeight: kernels[`${weight}BackwardWeight` as const],
    extents: {
      forward: g.N * (output === 'winograd' ? tilesAlong(g.OH) : g.OH),
      backwardInput: g.N * (input === 'winograd' ? tilesAlong(g.H) : g.C),
      backwardWeight: weightExtents[weight],
    },
    workspace: second ? (shape: number) => Math.max(first(shape), second(shape)) : first,
  };
}
