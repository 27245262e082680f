import {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  type Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
  type Tensor,
} from '../../../src/index.ts';
import { type Context, copyOf, type Mapping, type Results, scalar } from '../context.ts';

type AnyLoss = Loss<'mean' | 'sum' | 'none'> & { backwardTarget?(upstream?: number | Tensor): Tensor };

/** y of a loss, dx, and where the case asks for it the target's gradient. */
function run(c: Context, loss: AnyLoss): Results {
  c.own(loss);
  const y = loss.forward(c.tensor('x'), c.tensor('target'));
  const results: Results = { y: typeof y === 'number' ? scalar(y) : copyOf(y) };
  const given = c.upstream('y', y);
  if (!given) return results;
  const dy = typeof y === 'number' ? given.data[0] : c.tensorOf(given);
  results['grad.x'] = copyOf(loss.backward(dy));
  if (c.wantsGradient('target') && loss.backwardTarget) results['grad.target'] = copyOf(loss.backwardTarget(dy));
  return results;
}

/** The options of every loss. */
const common = (c: Context) => ({ ...c.options, ...c.given('reduction') });

const losses: Record<string, (c: Context) => AnyLoss> = {
  bce: (c) => new BCELoss({ ...common(c), weight: c.optional('weight') }),
  bce_with_logits: (c) =>
    new BCEWithLogitsLoss({ ...common(c), weight: c.optional('weight'), posWeight: c.optional('pos_weight') }),
  cross_entropy: (c) =>
    new CrossEntropyLoss({
      ...common(c),
      ...c.given('label_smoothing', 'ignore_index'),
      weight: c.optional('weight'),
    }),
  cross_entropy_soft: (c) =>
    new CrossEntropyLoss({ ...common(c), ...c.given('label_smoothing'), weight: c.optional('weight') }),
  huber_loss: (c) => new HuberLoss({ ...common(c), ...c.given('delta') }),
  kl_div: (c) => new KLDivLoss({ ...common(c), ...c.given('log_target') }),
  l1_loss: (c) => new L1Loss(common(c)),
  mse_loss: (c) => new MSELoss(common(c)),
  nll_loss: (c) => new NLLLoss({ ...common(c), ...c.given('ignore_index'), weight: c.optional('weight') }),
  smooth_l1_loss: (c) => new SmoothL1Loss({ ...common(c), ...c.given('beta') }),
};

export const loss: Record<string, Mapping> = Object.fromEntries(
  Object.entries(losses).map(([op, make]) => [op, (c) => run(c, make(c))]),
);
