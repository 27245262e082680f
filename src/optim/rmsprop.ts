import { checkBoolean, checkNumber } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import type { Parameter } from '../parameter.ts';
import { Optimizer, type OptimizerSettings, type OptimizerState, type ParameterList } from './optimizer.ts';

export interface RMSpropSettings extends OptimizerSettings {
  /** How much of the running mean of g² stays at each step (default 0.99). */
  alpha: number;
  /** ε, added to the root, not under it (default 1e-8). */
  eps: number;
  /** μ, how much of the last step's velocity stays (default 0). */
  momentum: number;
  /** Whether to divide by the deviation of g instead of the root of its mean square (default false). */
  centered: boolean;
}

/** `lr` is 1e-2 by default. */
export type RMSpropOptions = Partial<RMSpropSettings>;

/**
 * RMSprop: g = grad + λ·p, s = α·s + (1 − α)·g², p −= lr·g/(√s + ε), with `momentum` through a velocity. `centered`
 * takes the square of the running mean of g off s.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 */
export class RMSprop extends Optimizer<RMSpropSettings> {
  constructor(parameters: ParameterList<RMSpropSettings>, options: RMSpropOptions = {}) {
    super(parameters, options, {
      lr: 1e-2,
      alpha: 0.99,
      eps: 1e-8,
      weightDecay: 0,
      momentum: 0,
      centered: false,
      maximize: false,
    });
  }

  protected override check(call: string, settings: RMSpropSettings): void {
    super.check(call, settings);
    const { alpha, eps, momentum, centered } = settings;
    checkNumber(call, 'alpha', alpha, 0, 1);
    checkNumber(call, 'eps', eps, 0);
    checkNumber(call, 'momentum', momentum, 0);
    checkBoolean(call, 'centered', centered);
  }

  protected override stateNames({ momentum, centered }: RMSpropSettings): readonly string[] {
    if (centered) return momentum > 0 ? centeredWithVelocity : centeredOnly;
    return momentum > 0 ? withVelocity : plain;
  }

  protected override update(parameter: Parameter, state: OptimizerState, settings: RMSpropSettings): void {
    const { lr, alpha, eps, weightDecay, momentum, centered, maximize } = settings;
    const mean = centered ? state.grad_avg : null;
    const velocity = momentum > 0 ? state.momentum_buffer : null;
    // biome-ignore format: outputs, inputs, settings
    parameter.core.kernels[parameter.dtype].rmspropStep(
      parameter.address, state.square_avg.address, addressOf(mean), addressOf(velocity),
      parameter.grad.address,
      lr, alpha, eps, momentum, weightDecay, maximize ? -1 : 1, 0, parameter.size,
    );
  }
}

const plain = ['square_avg'];
const withVelocity = [...plain, 'momentum_buffer'];
const centeredOnly = [...plain, 'grad_avg'];
const centeredWithVelocity = [...centeredOnly, 'momentum_buffer'];
