import { checkInteger, checkNumber } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

export interface AdamStepOptions {
  lr: number;
  /** t, from 1: the step that this is. */
  step: number;
  betas?: readonly [number, number];
  eps?: number;
  weightDecay?: number;
  /** Whether weight decay acts on the parameter itself, as in AdamW (default false). */
  decoupled?: boolean;
  maximize?: boolean;
}

/**
 * One step of Adam or, `decoupled`, AdamW.
 * @param param any shape, overwritten
 * @param grad like param
 * @param m running mean of the gradient, like param, overwritten; @param v of its square, likewise
 * @param vmax largest v so far, likewise: AMSGrad; or null
 * @see https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 */
export function adamStep(
  param: Tensor,
  grad: Tensor,
  m: Tensor,
  v: Tensor,
  vmax: Tensor | null,
  options: AdamStepOptions,
): void {
  const call = 'adamStep';
  const { kernels, same } = floatTensor(call, 'param', param);
  for (const [name, tensor] of Object.entries({ grad, m, v, ...(vmax && { vmax }) })) {
    checkTensor(call, name, tensor, same, param.shape);
  }
  const { lr, step, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0, decoupled, maximize } = options;
  for (const [name, value] of Object.entries({ lr, eps, weightDecay })) checkNumber(call, name, value);
  betas.forEach((beta, i) => checkNumber(call, `betas[${i}]`, beta, 0, 1));
  checkInteger(call, 'step', step, 1);
  const alpha = lr / (1 - betas[0] ** step);
  const c = 1 / Math.sqrt(1 - betas[1] ** step);
  const [shrink, penalty] = decoupled ? [1 - lr * weightDecay, 0] : [1, weightDecay];
  // biome-ignore format: outputs, inputs, settings
  kernels.adamStep(
    param.address, m.address, v.address, addressOf(vmax),
    grad.address,
    alpha, betas[0], betas[1], c, eps, shrink, penalty, maximize ? -1 : 1, 0, param.size,
  );
}
