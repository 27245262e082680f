import { checkBoolean, checkNumber, reject } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import type { Parameter } from '../parameter.ts';
import { Optimizer, type OptimizerSettings, type OptimizerState, type ParameterList } from './optimizer.ts';

export interface AdamSettings extends OptimizerSettings {
  /** β₁ and β₂: how much of the running means of g and g² stays at each step (default [0.9, 0.999]). */
  betas: readonly [number, number];
  /** ε, added to √v̂ (default 1e-8). */
  eps: number;
  /** Whether to divide by the largest v so far instead of the last one (default false). */
  amsgrad: boolean;
}

/** `lr` is 1e-3 by default. */
export type AdamOptions = Partial<AdamSettings>;

/**
 * Adam: g = grad + λ·p, m and v the running means of g and g², p −= lr·m̂/(√v̂ + ε) with m̂ = m/(1 − β₁ᵗ) and
 * v̂ = v/(1 − β₂ᵗ) at step t.
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 */
export class Adam extends Optimizer<AdamSettings> {
  constructor(parameters: ParameterList<AdamSettings>, options: AdamOptions = {}) {
    super(parameters, options, {
      lr: 1e-3,
      betas: [0.9, 0.999],
      eps: 1e-8,
      weightDecay: 0,
      amsgrad: false,
      maximize: false,
    });
  }

  /** Whether weight decay acts on the parameter itself and not through the gradient. */
  protected get isDecoupled(): boolean {
    return false;
  }

  protected override check(call: string, settings: AdamSettings): void {
    super.check(call, settings);
    const { betas, eps, amsgrad } = settings;
    if (!Array.isArray(betas) || betas.length !== 2) reject(call, 'betas', 'two numbers', betas, TypeError);
    checkBeta(call, 'betas[0]', betas[0]);
    checkBeta(call, 'betas[1]', betas[1]);
    checkNumber(call, 'eps', eps, 0);
    checkBoolean(call, 'amsgrad', amsgrad);
  }

  protected override stateNames({ amsgrad }: AdamSettings): readonly string[] {
    return amsgrad ? withMaximum : moments;
  }

  protected override update(parameter: Parameter, state: OptimizerState, settings: AdamSettings): void {
    const { lr, betas, eps, weightDecay, amsgrad, maximize } = settings;
    const t = ++state.step.data[0];
    const alpha = lr / (1 - betas[0] ** t);
    const c = 1 / Math.sqrt(1 - betas[1] ** t);
    const shrink = this.isDecoupled ? 1 - lr * weightDecay : 1;
    const penalty = this.isDecoupled ? 0 : weightDecay;
    // biome-ignore format: outputs, inputs, settings
    parameter.core.kernels[parameter.dtype].adamStep(
      parameter.address, state.exp_avg.address, state.exp_avg_sq.address, addressOf(amsgrad ? state.max_exp_avg_sq : null),
      parameter.grad.address,
      alpha, betas[0], betas[1], c, eps, shrink, penalty, maximize ? -1 : 1, 0, parameter.size,
    );
  }
}

function checkBeta(call: string, argument: string, beta: number): void {
  if (checkNumber(call, argument, beta, 0) >= 1) reject(call, argument, 'a number < 1', beta);
}

const moments = ['step', 'exp_avg', 'exp_avg_sq'];
const withMaximum = [...moments, 'max_exp_avg_sq'];
