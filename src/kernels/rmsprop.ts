import { checkNumber } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

export interface RMSpropStepOptions {
  lr: number;
  alpha?: number;
  eps?: number;
  momentum?: number;
  weightDecay?: number;
  maximize?: boolean;
}

/**
 * One step of RMSprop: s = α·s + (1 − α)·g², p −= lr·g/(√s + ε).
 * @param param any shape, overwritten
 * @param grad like param
 * @param square s, like param, overwritten
 * @param mean running mean of the gradient, likewise, whose square is taken off s; or null
 * @param velocity likewise; null for no momentum
 * @see https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 */
export function rmspropStep(
  param: Tensor,
  grad: Tensor,
  square: Tensor,
  mean: Tensor | null,
  velocity: Tensor | null,
  options: RMSpropStepOptions,
): void {
  const call = 'rmspropStep';
  const { kernels, same } = floatTensor(call, 'param', param);
  for (const [name, tensor] of Object.entries({ grad, square, ...(mean && { mean }), ...(velocity && { velocity }) })) {
    checkTensor(call, name, tensor, same, param.shape);
  }
  const { lr, alpha = 0.99, eps = 1e-8, momentum = 0, weightDecay = 0, maximize } = options;
  for (const [name, value] of Object.entries({ lr, alpha, eps, momentum, weightDecay })) checkNumber(call, name, value);
  // biome-ignore format: outputs, inputs, settings
  kernels.rmspropStep(
    param.address, square.address, addressOf(mean), addressOf(velocity),
    grad.address,
    lr, alpha, eps, momentum, weightDecay, maximize ? -1 : 1, 0, param.size,
  );
}
