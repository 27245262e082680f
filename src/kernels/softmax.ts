import { checkTensor } from '../check-tensor.ts';
import { linesAlong } from '../geometry/softmax.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

type Kernel = 'softmax' | 'logSoftmax';

/** out = e^x/Σ e^x along axis `dim` (default the last). x, out: any shape; out is overwritten and may be x itself. */
export function softmaxForward(x: Tensor, out: Tensor, { dim = -1 }: { dim?: number } = {}): void {
  forward('softmax', x, out, dim);
}

/** dx = y∘(dout − Σ dout∘y) along axis `dim`, y as `softmaxForward` left it. dx is overwritten; may be dout itself. */
export function softmaxBackward(dout: Tensor, y: Tensor, dx: Tensor, { dim = -1 }: { dim?: number } = {}): void {
  backward('softmax', dout, y, dx, dim);
}

/** out = x − log Σ e^x along axis `dim` (default the last). x, out: any shape; out is overwritten. */
export function logSoftmaxForward(x: Tensor, out: Tensor, { dim = -1 }: { dim?: number } = {}): void {
  forward('logSoftmax', x, out, dim);
}

/** dx = dout − e^y·Σ dout along axis `dim`, y as `logSoftmaxForward` left it. dx is overwritten; may be dout itself. */
export function logSoftmaxBackward(dout: Tensor, y: Tensor, dx: Tensor, { dim = -1 }: { dim?: number } = {}): void {
  backward('logSoftmax', dout, y, dx, dim);
}

function forward(kernel: Kernel, x: Tensor, out: Tensor, dim: number): void {
  const call = `${kernel}Forward` as const;
  const { kernels, same } = floatTensor(call, 'x', x);
  checkTensor(call, 'out', out, same, x.shape);
  const { rows, C, inner } = linesAlong(call, x.shape, dim);
  kernels[call](out.address, x.address, C, inner, 0, rows);
}

function backward(kernel: Kernel, dout: Tensor, y: Tensor, dx: Tensor, dim: number): void {
  const call = `${kernel}Backward` as const;
  const { kernels, same } = floatTensor(call, 'y', y);
  checkTensor(call, 'dout', dout, same, y.shape);
  checkTensor(call, 'dx', dx, same, y.shape);
  const { rows, C, inner } = linesAlong(call, y.shape, dim);
  kernels[call](dx.address, dout.address, y.address, C, inner, 0, rows);
}
