import { checkBoolean, checkNumber } from '../check.ts';
import { addressOf } from '../check-tensor.ts';
import type { Parameter } from '../parameter.ts';
import { Optimizer, type OptimizerSettings, type OptimizerState, type ParameterList } from './optimizer.ts';

export interface SGDSettings extends OptimizerSettings {
  /** μ, how much of the last step's velocity stays (default 0). */
  momentum: number;
  /** Takes this share of the gradient off what enters the velocity, after the first step (default 0). */
  dampening: number;
  /** Whether to look ahead along the velocity; needs momentum and no dampening (default false). */
  nesterov: boolean;
}

/** `lr` must be given, here or in every group. */
export type SGDOptions = Partial<SGDSettings>;

/**
 * Stochastic gradient descent: g = grad + λ·p, v = μ·v + (1 − dampening)·g (v = g at the first step), p −= lr·v, or
 * with `nesterov` p −= lr·(g + μ·v).
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends Optimizer<SGDSettings> {
  constructor(parameters: ParameterList<SGDSettings>, options: SGDOptions = {}) {
    super(parameters, options, {
      lr: undefined,
      momentum: 0,
      dampening: 0,
      weightDecay: 0,
      nesterov: false,
      maximize: false,
    });
  }

  protected override check(call: string, settings: SGDSettings): void {
    super.check(call, settings);
    const { momentum, dampening, nesterov } = settings;
    checkNumber(call, 'momentum', momentum, 0);
    checkNumber(call, 'dampening', dampening);
    if (checkBoolean(call, 'nesterov', nesterov) && (momentum === 0 || dampening !== 0)) {
      throw new RangeError(`${call}: nesterov expected momentum > 0 and dampening 0, got ${momentum} and ${dampening}`);
    }
  }

  protected override stateNames({ momentum }: SGDSettings): readonly string[] {
    return momentum > 0 ? velocity : none;
  }

  protected override update(parameter: Parameter, state: OptimizerState, settings: SGDSettings): void {
    const { lr, momentum, dampening, nesterov, weightDecay, maximize } = settings;
    const v = momentum > 0 ? state.momentum_buffer : null;
    const isFirst = v !== null && state.step.data[0]++ === 0;
    // biome-ignore format: outputs, inputs, settings
    parameter.core.kernels[parameter.dtype].sgdStep(
      parameter.address, addressOf(v),
      parameter.grad.address,
      lr, momentum, isFirst ? 1 : 1 - dampening, Number(nesterov), weightDecay, maximize ? -1 : 1, 0, parameter.size,
    );
  }
}

const velocity = ['step', 'momentum_buffer'];
const none: string[] = [];
