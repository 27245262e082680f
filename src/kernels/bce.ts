import { checkNumber } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import { blocksOf, broadcast, sumBlock } from '../geometry/loss.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

/** Weights that broadcast to x: of every loss, and of its "yes" side. */
export interface BinaryWeights {
  weight?: Tensor | null;
  posWeight?: Tensor | null;
}

/**
 * Returns the sum of the binary cross entropies of logits x and writes each to `out`, unless that is null.
 * @param x, target, out all of one shape; out is overwritten
 */
export function bceWithLogitsForward(
  x: Tensor,
  target: Tensor,
  out: Tensor | null = null,
  { weight = null, posWeight = null }: BinaryWeights = {},
): number {
  const call = 'bceWithLogitsForward';
  const { kernels, same } = floatTensor(call, 'x', x);
  checkTensor(call, 'target', target, same, x.shape);
  if (out) checkTensor(call, 'out', out, same, x.shape);
  const by = weightOver(call, 'weight', weight, x);
  const pos = weightOver(call, 'posWeight', posWeight, x);
  const blocks = blocksOf(x.size);
  const sums = x.core.memory.scratch(8 * blocks);
  // biome-ignore format: outputs, inputs, sizes
  kernels.bceWithLogitsForward(
    addressOf(out), sums,
    x.address, target.address, addressOf(weight), addressOf(posWeight),
    by.period, by.inner, pos.period, pos.inner, x.size, sumBlock, 0, blocks,
  );
  return x.core.kernels.f64.total(sums, blocks);
}

/**
 * dx = scale·dout∘weight∘( (1 − t)·σ(x) − posWeight·t·σ(−x) ); a null dout is 1.
 * @param dout, x, target, dx all of one shape; dx is overwritten
 */
export function bceWithLogitsBackward(
  dout: Tensor | null,
  x: Tensor,
  target: Tensor,
  dx: Tensor,
  { weight = null, posWeight = null, scale = 1 }: BinaryWeights & { scale?: number } = {},
): void {
  const call = 'bceWithLogitsBackward';
  const { kernels, same } = floatTensor(call, 'x', x);
  checkTensor(call, 'target', target, same, x.shape);
  checkTensor(call, 'dx', dx, same, x.shape);
  if (dout) checkTensor(call, 'dout', dout, same, x.shape);
  checkNumber(call, 'scale', scale);
  const by = weightOver(call, 'weight', weight, x);
  const pos = weightOver(call, 'posWeight', posWeight, x);
  // biome-ignore format: outputs, inputs, sizes
  kernels.bceWithLogitsBackward(
    dx.address,
    addressOf(dout), x.address, target.address, addressOf(weight), addressOf(posWeight),
    by.period, by.inner, pos.period, pos.inner, scale, 0, x.size,
  );
}

function weightOver(call: string, argument: string, weight: Tensor | null, x: Tensor) {
  if (!weight) return { period: 1, inner: 1 };
  checkTensor(call, argument, weight, { core: x.core, dtype: x.dtype });
  return broadcast(call, argument, weight.shape, x.shape);
}
