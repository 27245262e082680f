import { checkInteger, checkNumber } from '../check.ts';
import { checkTensor } from '../check-tensor.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

/**
 * out = x/(1 − p) where the random number u of element i is ≥ p, else 0·x; half i & 1 of draw `drawn + (i >> 1)` of
 * the seed is u. The gradient is the same function of dout
 * with the same seed and `drawn`.
 * @param x any shape
 * @param out like x, overwritten; may be x itself
 * @param p probability of 0
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 */
export function dropout(
  x: Tensor,
  out: Tensor,
  p: number,
  { seed, drawn = 0 }: { seed: number; drawn?: number },
): void {
  const call = 'dropout';
  const { kernels, same } = floatTensor(call, 'x', x);
  checkTensor(call, 'out', out, same, x.shape);
  checkNumber(call, 'p', p, 0, 1);
  checkInteger(call, 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  checkInteger(call, 'drawn', drawn, 0, Number.MAX_SAFE_INTEGER);
  kernels.dropout(out.address, x.address, p, seed, drawn, 0, x.size);
}
