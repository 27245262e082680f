import { checkBoolean, checkInteger, reject } from '../check.ts';
import { pair, type Shape, type Size2d } from '../shape.ts';

export interface MaxPool2dWindow {
  /** Step from window to window (default: the kernel size). */
  stride?: Size2d;
  /** Rows and columns of −∞ (for averages: of 0) on each side, at most half of the kernel size (default 0). */
  padding?: Size2d;
  /** Step from place to place within a window (default 1). */
  dilation?: Size2d;
  /** Whether a last window may reach beyond the padded image (default false). */
  ceilMode?: boolean;
}

export interface AvgPool2dWindow extends Omit<MaxPool2dWindow, 'dilation'> {
  /** Whether an average counts the places of the padding (default true). */
  countIncludePad?: boolean;
  /** What to divide a window's sum by, instead of the number of its places. */
  divisorOverride?: number;
}

/** The windows of a pooling, in full and checked. */
export interface Window2d {
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly ceilMode: boolean;
}

/** What a kernel is told of a pooling from `planes` images of H × W to as many of OH × OW. */
export interface Pool2dSizes {
  readonly planes: number;
  readonly H: number;
  readonly W: number;
  readonly OH: number;
  readonly OW: number;
  /** The output's shape: [N, C, OH, OW] or [C, OH, OW], as the input's. */
  readonly shape: Shape;
}

/** Kernels compute places with 32-bit numbers: beyond this, sums of two sizes would not fit. */
const limit = 2 ** 30 - 1;

/** Windows as a user gives them, with defaults. */
export function window2d(call: string, kernelSize: Size2d, options: MaxPool2dWindow): Window2d {
  const kernel = pair(call, 'kernelSize', kernelSize, 1);
  const stride = pair(call, 'stride', options.stride ?? kernel, 1);
  const padding = pair(call, 'padding', options.padding ?? 0, 0);
  const dilation = pair(call, 'dilation', options.dilation ?? 1, 1);
  const ceilMode = checkBoolean(call, 'ceilMode', options.ceilMode ?? false);
  for (const axis of [0, 1]) {
    const half = Math.floor(kernel[axis] / 2);
    if (padding[axis] > half) {
      reject(call, 'padding', `at most half of the kernel size ${kernel[axis]}`, padding[axis]);
    }
    if (spanOf(kernel[axis], dilation[axis]) > limit) reject(call, 'kernelSize', `a span of at most ${limit}`, kernel);
    if (stride[axis] > limit) reject(call, 'stride', `at most ${limit}`, stride);
  }
  return { kernelSize: kernel, stride, padding, dilation, ceilMode };
}

/** The average's options; divisor 0 stands for the number of places. */
export function averageOf(call: string, options: AvgPool2dWindow): { countIncludePad: boolean; divisor: number } {
  const countIncludePad = checkBoolean(call, 'countIncludePad', options.countIncludePad ?? true);
  if (options.divisorOverride === undefined) return { countIncludePad, divisor: 0 };
  const divisor = checkInteger(call, 'divisorOverride', options.divisorOverride);
  return { countIncludePad, divisor: divisor || reject(call, 'divisorOverride', 'a whole number other than 0', 0) };
}

/** The sizes of a pooling of an input of that shape; throws unless it is [N, C, H, W] or [C, H, W] and large enough. */
export function pool2dSizes(call: string, input: Shape, window: Window2d, argument = 'x'): Pool2dSizes {
  const { planes, H, W, lead } = planesOf(call, argument, input);
  const OH = extent(H, 0, window);
  const OW = extent(W, 1, window);
  if (OH < 1 || OW < 1) reject(call, argument, `an image that holds at least one ${describe(window)}`, input);
  if (H + 2 * window.padding[0] > limit || W + 2 * window.padding[1] > limit) {
    reject(call, argument, `sides of at most ${limit}, with padding`, input);
  }
  return { planes, H, W, OH, OW, shape: [...lead, OH, OW] };
}

/** W where windows are 2×2 places as areQuads of assembly/lib/axis.ts has them, else 0: the maximum's gradient goes by vectors there. */
export function quadsWidth(window: Window2d, { H, W, OH, OW }: Pool2dSizes): number {
  const { kernelSize, stride, padding, dilation } = window;
  const areQuads = [...kernelSize, ...stride].every((n) => n === 2) && [...padding].every((n) => n === 0);
  return areQuads && [...dilation].every((n) => n === 1) && 2 * OH <= H && 2 * OW <= W ? W : 0;
}

/** The output size of an adaptive pooling as a user gives it; null for an axis that keeps the input's size. */
export type OutputSize = number | readonly [height: number | null, width: number | null];

export function adaptiveSize(call: string, outputSize: OutputSize): [number | null, number | null] {
  if (!Array.isArray(outputSize)) return pair(call, 'outputSize', outputSize as number, 1);
  const [h, w] = pair(call, 'outputSize', outputSize.map((size) => (size === null ? 1 : size)) as [number, number], 1);
  return [outputSize[0] === null ? null : h, outputSize[1] === null ? null : w];
}

/** The sizes of an adaptive pooling of an input of that shape; throws unless it is [N, C, H, W] or [C, H, W]. */
export function adaptiveSizes(
  call: string,
  input: Shape,
  size: readonly [number | null, number | null],
  argument = 'x',
): Pool2dSizes {
  const { planes, H, W, lead } = planesOf(call, argument, input);
  const OH = size[0] ?? H;
  const OW = size[1] ?? W;
  return { planes, H, W, OH, OW, shape: [...lead, OH, OW] };
}

function planesOf(call: string, argument: string, input: Shape) {
  if (input.length !== 3 && input.length !== 4) reject(call, argument, '[N, C, H, W] or [C, H, W]', input);
  const [H, W] = input.slice(-2);
  const lead = input.slice(0, -2);
  return { planes: lead.reduce((product, n) => product * n, 1), H, W, lead };
}

const spanOf = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;

/** The number of windows along an axis, by PyTorch's rule: with ceilMode, the last must not start in the right padding. */
function extent(size: number, axis: number, { kernelSize, stride, padding, dilation, ceilMode }: Window2d): number {
  const room = size + 2 * padding[axis] - spanOf(kernelSize[axis], dilation[axis]);
  if (!ceilMode) return Math.floor(room / stride[axis]) + 1;
  const count = Math.ceil(room / stride[axis]) + 1;
  return (count - 1) * stride[axis] >= size + padding[axis] ? count - 1 : count;
}

function describe({ kernelSize, padding, dilation }: Window2d): string {
  const [h, w] = [0, 1].map((axis) => spanOf(kernelSize[axis], dilation[axis]));
  return `window of ${h} × ${w} with padding [${padding.join(', ')}]`;
}
