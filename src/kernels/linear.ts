import { reject } from '../check.ts';
import { addressOf, checkTensor } from '../check-tensor.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';
import { gemm } from './gemm.ts';

/**
 * out = x·Wᵀ + b.
 * @param x [M, I]; @param weight [O, I]; @param bias [O] or null; @param out [M, O], overwritten
 * @see https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 */
export function linearForward(x: Tensor, weight: Tensor, bias: Tensor | null, out: Tensor): void {
  const call = 'linearForward';
  const { kernels, same } = floatTensor(call, 'x', x);
  if (x.shape.length !== 2) reject(call, 'x', 'a matrix', x.shape);
  const [M, I] = x.shape;
  checkTensor(call, 'weight', weight, same);
  if (weight.shape.length !== 2 || weight.shape[1] !== I) reject(call, 'weight', `[O, ${I}]`, weight.shape);
  const O = weight.shape[0];
  if (bias) checkTensor(call, 'bias', bias, same, [O]);
  checkTensor(call, 'out', out, same, [M, O]);
  const workspace = same.core.memory.scratch(kernels.gemmWorkspace(M, O, I) * out.data.BYTES_PER_ELEMENT);
  const lines = kernels.gemmLines(M, O, I);
  kernels.linearForward(out.address, x.address, weight.address, addressOf(bias), workspace, M, O, I, 0, lines);
}

/** dx = dout·W. @param dout [M, O]; @param weight [O, I]; @param dx [M, I], overwritten */
export function linearBackwardInput(dout: Tensor, weight: Tensor, dx: Tensor): void {
  gemm(dout, weight, dx);
}

/** dweight += doutᵀ·x. @param dout [M, O]; @param x [M, I]; @param dweight [O, I], added to */
export function linearBackwardWeight(dout: Tensor, x: Tensor, dweight: Tensor): void {
  gemm(dout, x, dweight, { transposeA: true, beta: 1 });
}

/** dbias += Σ over the rows of dout. @param dout [M, O]; @param dbias [O], added to */
export function linearBackwardBias(dout: Tensor, dbias: Tensor): void {
  const call = 'linearBackwardBias';
  const { kernels, same } = floatTensor(call, 'dout', dout);
  if (dout.shape.length !== 2) reject(call, 'dout', 'a matrix', dout.shape);
  const [M, O] = dout.shape;
  checkTensor(call, 'dbias', dbias, same, [O]);
  kernels.linearBackwardBias(dbias.address, dout.address, M, O, 0, O);
}
