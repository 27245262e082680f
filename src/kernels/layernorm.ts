import { checkNumber } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import { layerNormRows } from '../geometry/layernorm.ts';
import { layerNormBackwardAt } from '../layernorm-backward.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

/**
 * out = γ∘(x − μ)·r + β over the last axes, those of `weight`, or else the last one.
 * @param x [..., ...normalized]
 * @param weight γ: normalized, or null for 1
 * @param bias β: normalized, or null for 0
 * @param out like x, overwritten
 * @param mean μ of each row, overwritten; @param rstd r = 1/√(σ² + eps) of each row, overwritten
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 */
export function layerNormForward(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  out: Tensor,
  mean: Tensor,
  rstd: Tensor,
  { eps = 1e-5 }: { eps?: number } = {},
): void {
  const call = 'layerNormForward';
  const { kernels, same } = floatTensor(call, 'x', x);
  const normalized = (weight ?? bias)?.shape ?? x.shape.slice(-1);
  const { rows, C } = layerNormRows(call, x.shape, normalized);
  checkNumber(call, 'eps', eps, 0);
  if (weight) checkTensor(call, 'weight', weight, same);
  if (bias) checkTensor(call, 'bias', bias, same, normalized);
  checkTensor(call, 'out', out, same, x.shape);
  checkTensor(call, 'mean', mean, same, [rows]);
  checkTensor(call, 'rstd', rstd, same, [rows]);
  // biome-ignore format: outputs, inputs, sizes
  kernels.layerNormForward(
    out.address, mean.address, rstd.address,
    x.address, addressOf(weight), addressOf(bias),
    C, eps, 0, rows,
  );
}

/**
 * dx = r·(g − mean(g) − x̂·mean(g∘x̂)) with g = γ∘dout; dweight += Σ dout∘x̂; dbias += Σ dout.
 * @param dout, x, dx [..., ...normalized]; dx is overwritten
 * @param mean, rstd as `layerNormForward` left them
 * @param dweight, dbias normalized, added to; or null
 */
export function layerNormBackward(
  dout: Tensor,
  x: Tensor,
  weight: Tensor | null,
  mean: Tensor,
  rstd: Tensor,
  dx: Tensor,
  dweight: Tensor | null = null,
  dbias: Tensor | null = null,
): void {
  const call = 'layerNormBackward';
  const { same } = floatTensor(call, 'x', x);
  const normalized = (weight ?? dweight ?? dbias)?.shape ?? x.shape.slice(-1);
  const { rows, C } = layerNormRows(call, x.shape, normalized);
  checkTensor(call, 'dout', dout, same, x.shape);
  checkTensor(call, 'dx', dx, same, x.shape);
  checkTensor(call, 'mean', mean, same, [rows]);
  checkTensor(call, 'rstd', rstd, same, [rows]);
  for (const [name, tensor] of Object.entries({ weight, dweight, dbias })) {
    if (tensor) checkTensor(call, name, tensor, same, normalized);
  }
  // biome-ignore format: outputs, inputs, sizes
  layerNormBackwardAt(
    same.core, same.dtype,
    addressOf(dweight), addressOf(dbias), dx.address,
    dout.address, x.address, addressOf(weight), mean.address, rstd.address,
    rows, C,
  );
}
