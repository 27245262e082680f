import { checkInteger, checkOneOf, reject, show } from '../check.ts';
import { pair, type Shape, type Size2d } from '../shape.ts';

/** How a convolution is computed; 'auto' takes what is faster for the sizes of a call. */
export type Conv2dAlgorithm = 'auto' | 'direct' | 'winograd';

/** How a convolution moves over the image, as users give it. */
export interface Conv2dOptions {
  /** Step of the window (default 1). */
  stride?: Size2d;
  /** Zeros around the image; 'valid' is none, 'same' as many as keep its size (stride 1 only). Default 0. */
  padding?: Size2d | 'same' | 'valid';
  /** Distance between the taps of the window (default 1). */
  dilation?: Size2d;
  /** Output channels of group g see the input channels of group g only (default 1); `channels` is depthwise. */
  groups?: number;
  /**
   * 'winograd' multiplies a quarter as often, for 3 × 3 windows with stride and dilation 1: rounding errors are up to four
   * times as large (seven in some input gradients that 'auto' computes directly), and NaN or an infinity spoils 4 × 4 pixels around. Default 'auto'.
   */
  algorithm?: Conv2dAlgorithm;
}

/** The same, validated, with the kernel's size: what the shapes of a call are worked out from. */
export interface Conv2dWindow {
  readonly kernelSize: readonly [height: number, width: number];
  readonly stride: readonly [height: number, width: number];
  /** Rows above, columns to the left of the image. */
  readonly padding: readonly [top: number, left: number];
  /** Rows above and below, columns left and right together: differs from twice `padding` for 'same' and even spans. */
  readonly paddingTotal: readonly [height: number, width: number];
  readonly dilation: readonly [height: number, width: number];
  readonly groups: number;
  readonly algorithm: Conv2dAlgorithm;
}

/** The sizes of one call. */
export interface Conv2dGeometry extends Conv2dWindow {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly N: number;
  readonly C: number;
  readonly H: number;
  readonly W: number;
  readonly O: number;
  readonly OH: number;
  readonly OW: number;
}

/** Validates a window. Throws naming the option. */
export function conv2dWindow(call: string, kernelSize: Size2d, options: Conv2dOptions): Conv2dWindow {
  const kernel = pair(call, 'kernelSize', kernelSize, 1);
  const stride = pair(call, 'stride', options.stride ?? 1, 1);
  const dilation = pair(call, 'dilation', options.dilation ?? 1, 1);
  const groups = checkInteger(call, 'groups', options.groups ?? 1, 1);
  const algorithm = checkOneOf(call, 'algorithm', options.algorithm ?? 'auto', ['auto', 'direct', 'winograd']);
  if (algorithm === 'winograd' && !suitsWinograd({ kernelSize: kernel, stride, dilation })) {
    reject(call, 'algorithm', "'auto' or 'direct' unless the kernel is 3 × 3 with stride and dilation 1", algorithm);
  }
  const asked = options.padding ?? 0;
  if (asked === 'same') {
    if (stride[0] !== 1 || stride[1] !== 1) reject(call, 'stride', "1 with padding 'same'", stride);
    const total = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)] as const;
    const padding = [total[0] >> 1, total[1] >> 1] as const;
    return { kernelSize: kernel, stride, padding, paddingTotal: total, dilation, groups, algorithm };
  }
  if (typeof asked === 'string' && asked !== 'valid') reject(call, 'padding', "a size, 'same' or 'valid'", asked);
  const padding = asked === 'valid' ? ([0, 0] as const) : pair(call, 'padding', asked, 0);
  const paddingTotal = [2 * padding[0], 2 * padding[1]] as const;
  return { kernelSize: kernel, stride, padding, paddingTotal, dilation, groups, algorithm };
}

/** Whether the window is one that Winograd's kernels take. */
export function suitsWinograd(window: Pick<Conv2dWindow, 'kernelSize' | 'stride' | 'dilation'>): boolean {
  const { kernelSize, stride, dilation } = window;
  return kernelSize.every((size) => size === 3) && [...stride, ...dilation].every((step) => step === 1);
}

/**
 * The sizes of convolving x [N, C, H, W] or [C, H, W] to `O` channels:
 * OH = ⌊(H + padding − dilation·(KH − 1) − 1)/stride⌋ + 1, OW likewise.
 * @throws when x has another rank or other channels, or the window is larger than the padded image
 */
export function conv2dGeometry(call: string, x: Shape, C: number, O: number, window: Conv2dWindow): Conv2dGeometry {
  const batched = x.length === 4;
  if (x[x.length - 3] !== C || (!batched && x.length !== 3)) reject(call, 'x', `[N, ${C}, H, W]`, x);
  const [H, W] = x.slice(-2);
  const outputSize = (size: number, axis: 0 | 1) => {
    const span = window.dilation[axis] * (window.kernelSize[axis] - 1) + 1;
    const room = size + window.paddingTotal[axis] - span;
    if (room < 0) reject(call, 'x', `an image that holds a window of ${span} ${axis ? 'columns' : 'rows'}`, x);
    return Math.floor(room / window.stride[axis]) + 1;
  };
  const OH = outputSize(H, 0);
  const OW = outputSize(W, 1);
  const N = batched ? x[0] : 1;
  const outputShape = Object.freeze(batched ? [N, O, OH, OW] : [O, OH, OW]);
  // Field by field: to spread a window takes several µs in Node 20.
  const { kernelSize, stride, padding, paddingTotal, dilation, groups, algorithm } = window;
  // biome-ignore format: what is the window's, then what is this call's
  return {
    kernelSize, stride, padding, paddingTotal, dilation, groups, algorithm,
    inputShape: x, outputShape, N, C, H, W, O, OH, OW,
  };
}

/** Whether each channel of x is a group of its own. */
export function isDepthwise({ C, groups }: Conv2dGeometry): boolean {
  return C === groups && C > 1;
}

/** Throws unless both channel counts are multiples of `groups`. */
export function checkGroups(call: string, C: number, O: number, groups: number): void {
  if (C % groups) reject(call, 'groups', `a divisor of ${C} input channels`, groups);
  if (O % groups) reject(call, 'groups', `a divisor of ${O} output channels`, groups);
}

/** Checks the channels of a weight [O, C/groups, KH, KW] against x's. */
export function checkConv2dWeight(call: string, weight: Shape, C: number, groups: number): void {
  checkGroups(call, C, weight[0], groups);
  if (weight[1] !== C / groups) {
    reject(call, 'weight', show([weight[0], C / groups, weight[2], weight[3]]), weight);
  }
}
