import { Adam, type AdamOptions, type AdamSettings } from './adam.ts';
import type { ParameterList } from './optimizer.ts';

/**
 * Adam with decoupled weight decay: p *= 1 − lr·λ first, then Adam's step without λ. `weightDecay` is 0.01 by default.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 */
export class AdamW extends Adam {
  constructor(parameters: ParameterList<AdamSettings>, options: AdamOptions = {}) {
    super(parameters, { ...options, weightDecay: options.weightDecay ?? 1e-2 });
  }

  protected override get isDecoupled(): boolean {
    return true;
  }
}
