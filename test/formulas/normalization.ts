import { add, div, mean, mul, type Node, type Operand, reshape, sqrt, square, sub } from '../../src/index.ts';

/** A mean and a biased variance. */
export interface Moments {
  mean: Node;
  variance: Node;
}

/** Mean and variance of x over axes, which stay with size 1. */
export function moments(x: Node, axes: readonly number[]): Moments {
  const center = mean(x, axes, { keepdim: true });
  return { mean: center, variance: mean(square(sub(x, center)), axes, { keepdim: true }) };
}

/** (x − mean)/√(variance + eps). */
export const normalized = (x: Node, { mean, variance }: Moments, eps: number): Node =>
  div(sub(x, mean), sqrt(add(variance, eps)));

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
    const used = { mean: perChannel(running.mean, x), variance: perChannel(running.variance, x) };
    return { y: affine(normalized(x, used, eps), w, b), running };
  }
  const batch = moments(x, allButChannels(x));
  const n = x.shape.reduce((count, size) => count * size, 1) / x.shape[1];
  const unbiased = mul(batch.variance, n / (n - 1));
  return {
    y: affine(normalized(x, batch, eps), w, b),
    running: {
      mean: moved(running.mean, reshape(batch.mean, [-1]), momentum),
      variance: moved(running.variance, reshape(unbiased, [-1]), momentum),
    },
  };
}

/** Group norm of x [N, C, ...]; as many groups as channels make it instance norm. */
export function groupNorm(x: Node, groups: number, eps: number, w?: Node, b?: Node): Node {
  const grouped = reshape(x, [x.shape[0], groups, -1]);
  const normal = reshape(normalized(grouped, moments(grouped, [2]), eps), x.shape);
  return affine(normal, w && perChannel(w, x), b && perChannel(b, x));
}

/** x/√(mean(x²) + eps)·w over the last axes, as many as w has. */
export function rmsNorm(x: Node, w: Node, eps: number): Node {
  const axes = w.shape.map((_, i) => i - w.shape.length);
  return mul(div(x, sqrt(add(mean(square(x), axes, { keepdim: true }), eps))), w);
}
