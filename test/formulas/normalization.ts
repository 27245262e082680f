import { add, div, mean, mul, type Node, type Operand, reshape, sqrt, square, sub } from '../../src/index.ts';

/** A mean and a biased variance. */
export interface Moments {
  mean: Node;
  variance: Node;
}

/**
 * Mean and variance of x over axes, which stay with size 1, and the deviations x − mean. From these their own mean is
 * taken off, which is what rounding left there: of numbers around 1000 ± 1, the mean in f32 is off by up to 1e-4.
 */
export function moments(x: Node, axes: readonly number[]): Moments & { deviations: Node } {
  const center = (values: Node) => mean(values, axes, { keepdim: true });
  const first = center(x);
  const roughly = sub(x, first);
  const rest = center(roughly);
  const deviations = sub(roughly, rest);
  return { mean: add(first, rest), variance: center(square(deviations)), deviations };
}

/** deviations/√(variance + eps). */
export const normalized = (deviations: Node, variance: Node, eps: number): Node =>
  div(deviations, sqrt(add(variance, eps)));

/** w∘x + b; what is absent is left out. */
export function affine(x: Node, w?: Operand, b?: Operand): Node {
  const scaled = w === undefined ? x : mul(x, w);
  return b === undefined ? scaled : add(scaled, b);
}

/** One number a channel, under a shape that lies along axis 1 of x. */
export const perChannel = (values: Node, x: Node): Node => reshape(values, [-1, ...x.shape.slice(2).fill(1)]);

/** The axes of x but for the channels'. */
export const allButChannels = (x: Node): number[] => [...x.shape.keys()].filter((axis) => axis !== 1);

/** How running statistics follow the batch's. */
export const moved = (running: Node, batch: Node, momentum: number): Node =>
  add(mul(running, 1 - momentum), mul(batch, momentum));

/**
 * PyTorch's batch norm of x [N, C, ...]. In training the batch's own statistics normalize it, and the running ones
 * [C] move towards them, the variance to the unbiased one.
 * @param w,b along axis 1 of x: [C, 1, ...]
 */
export function batchNorm(
  x: Node,
  running: Moments,
  { training, momentum, eps }: { training: boolean; momentum: number; eps: number },
  w?: Operand,
  b?: Operand,
): { y: Node; running: Moments } {
  if (!training) {
    const deviations = sub(x, perChannel(running.mean, x));
    return { y: affine(normalized(deviations, perChannel(running.variance, x), eps), w, b), running };
  }
  const batch = moments(x, allButChannels(x));
  const n = x.shape.reduce((count, size) => count * size, 1) / x.shape[1];
  const unbiased = mul(batch.variance, n / (n - 1));
  return {
    y: affine(normalized(batch.deviations, batch.variance, eps), w, b),
    running: {
      mean: moved(running.mean, reshape(batch.mean, [-1]), momentum),
      variance: moved(running.variance, reshape(unbiased, [-1]), momentum),
    },
  };
}

/** Group norm of x [N, C, ...]; as many groups as channels make it instance norm. */
export function groupNorm(x: Node, groups: number, eps: number, w?: Node, b?: Node): Node {
  const grouped = reshape(x, [x.shape[0], groups, -1]);
  const { deviations, variance } = moments(grouped, [2]);
  return affine(reshape(normalized(deviations, variance, eps), x.shape), w && perChannel(w, x), b && perChannel(b, x));
}

/** x/√(mean(x²) + eps)·w over the last axes, as many as w has. */
export function rmsNorm(x: Node, w: Node, eps: number): Node {
  const axes = w.shape.map((_, i) => i - w.shape.length);
  return mul(div(x, sqrt(add(mean(square(x), axes, { keepdim: true }), eps))), w);
}
