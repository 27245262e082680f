import { checkInteger } from './check.ts';
import { type Core, coreOf } from './core/core.ts';
import { Tensor } from './tensor.ts';

/**
 * Restarts the generator that every random number of the library comes from: initial weights, `Tensor.randn`,
 * `Dropout`, `randperm`. The same seed and build give the same bits.
 * @param seed a whole number from 0 to 2^53 − 1
 * @see https://pytorch.org/docs/stable/generated/torch.manual_seed.html
 */
export function manualSeed(seed: number, { core }: { core?: Core } = {}): void {
  checkInteger('manualSeed', 'seed', seed, 0, Number.MAX_SAFE_INTEGER);
  coreOf('manualSeed', core).random.restart(seed);
}

/**
 * A random permutation of 0 … n − 1 (Fisher and Yates), for shuffling a data set.
 * @see https://pytorch.org/docs/stable/generated/torch.randperm.html
 */
export function randperm(n: number, { core }: { core?: Core } = {}): Int32Array {
  checkInteger('randperm', 'n', n, 0);
  const order = Int32Array.from({ length: n }, (_, i) => i);
  if (n < 2) return order;
  const draws = Tensor.rand([n], { dtype: 'f64', core });
  const u = draws.data;
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(u[i] * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  draws.dispose();
  return order;
}
