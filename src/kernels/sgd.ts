import { checkNumber } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

export interface SGDStepOptions {
  lr: number;
  momentum?: number;
  /** The share of the gradient that enters the velocity (default 1). */
  keep?: number;
  nesterov?: boolean;
  weightDecay?: number;
  maximize?: boolean;
}

/**
 * One step of gradient descent: g = ±grad + λ·p, v = μ·v + keep·g, p −= lr·v or, `nesterov`, lr·(g + μ·v).
 * @param param any shape, overwritten
 * @param grad like param
 * @param velocity like param, overwritten; null for no momentum
 * @see https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export function sgdStep(param: Tensor, grad: Tensor, velocity: Tensor | null, options: SGDStepOptions): void {
  const call = 'sgdStep';
  const { kernels, same } = floatTensor(call, 'param', param);
  checkTensor(call, 'grad', grad, same, param.shape);
  if (velocity) checkTensor(call, 'velocity', velocity, same, param.shape);
  const { lr, momentum = 0, keep = 1, nesterov = false, weightDecay = 0, maximize = false } = options;
  for (const [name, value] of Object.entries({ lr, momentum, keep, weightDecay })) checkNumber(call, name, value);
  // biome-ignore format: outputs, inputs, settings
  kernels.sgdStep(
    param.address, addressOf(velocity),
    grad.address,
    lr, momentum, keep, Number(nesterov), weightDecay, maximize ? -1 : 1, 0, param.size,
  );
}
