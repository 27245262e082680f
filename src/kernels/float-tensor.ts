import { reject } from '../check.ts';
import { checkTensor } from '../check-tensor.ts';
import type { FloatDType } from '../dtype.ts';
import { Tensor } from '../tensor.ts';

/** The argument that a kernel call takes its core and element type from, and what the others must share with it. */
export function floatTensor(call: string, argument: string, x: Tensor) {
  if (!(x instanceof Tensor)) return reject(call, argument, 'a Tensor', x, TypeError);
  const dtype: FloatDType =
    x.dtype === 'i32' ? reject(call, argument, "dtype 'f32' or 'f64'", x.dtype, TypeError) : x.dtype;
  const same = { core: x.core, dtype };
  checkTensor(call, argument, x, same);
  return { same, kernels: x.core.kernels[dtype] };
}
