import { reject, show } from './check.ts';
import type { Core } from './core/core.ts';
import type { DType } from './dtype.ts';
import { isNode } from './operation.ts';
import { type Shape, sameShape } from './shape.ts';
import { Tensor } from './tensor.ts';

/** What a tensor argument must be; `shape` where it is known exactly. */
export interface Expected {
  core: Core;
  dtype: DType;
  shape?: Shape;
}

/** Whether `value` is a live tensor of this core, dtype and, where given, shape. Allocates nothing. */
export function isTensorOf(value: Tensor, core: Core, dtype: DType, shape?: Shape): boolean {
  if (!(value instanceof Tensor) || value.isDisposed || value.core !== core || value.dtype !== dtype) return false;
  return shape === undefined || sameShape(value.shape, shape);
}

/**
 * Throws unless `value` is a live tensor of this core, dtype and, where given, shape. A kernel's call shares one `expected` for all
 * its tensors: to spread it into another for each took 1 µs in Node 20.
 */
export function checkTensor(
  call: string,
  argument: string,
  value: Tensor,
  expected: Expected,
  shape: Shape | undefined = expected.shape,
): Tensor {
  if (!(value instanceof Tensor)) {
    const expected = isNode(value) ? 'a Tensor (a layer becomes a node of a Graph by apply)' : 'a Tensor';
    return reject(call, argument, expected, value, TypeError);
  }
  checkAlive(call, argument, value);
  if (value.core !== expected.core) throw new TypeError(`${call}: ${argument} belongs to another core`);
  if (value.dtype !== expected.dtype) reject(call, argument, `dtype ${expected.dtype}`, value.dtype, TypeError);
  if (shape && !sameShape(value.shape, shape)) reject(call, argument, show(shape), value.shape);
  return value;
}

/** Throws if `tensor` was disposed. */
export function checkAlive(call: string, argument: string, tensor: Tensor): void {
  if (tensor.isDisposed) throw new Error(`${call}: ${argument} ${show(tensor.shape)} was disposed`);
}

/** The address for a kernel; 0, which kernels read as "none", for an absent tensor. */
export const addressOf = (tensor: Tensor | null | undefined): number => (tensor ? tensor.address : 0);
