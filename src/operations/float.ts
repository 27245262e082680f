import { reject } from '../check.ts';
import type { TensorSpec } from '../operation.ts';

/** Throws unless the operand is of a type that kernels compute in. */
export function float(call: string, operand: TensorSpec, argument = 'x'): TensorSpec {
  return operand.dtype === 'i32' ? reject(call, argument, 'dtype f32 or f64', operand.dtype, TypeError) : operand;
}
