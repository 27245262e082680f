import { reject } from '../check.ts';
import { axisOf, type Shape } from '../shape.ts';
import { stridesOf } from './axes.ts';
import { boxOfSizes, type Copied } from './box.ts';

/** x with its axes in the order of `dims`, each named once and counted from either end. */
export function permuteBox(call: string, x: Shape, dims: readonly number[]): Copied {
  if (!Array.isArray(dims)) return reject(call, 'dims', 'an array of axes', dims, TypeError);
  const order = dims.map((dim, i) => axisOf(call, `dims[${i}]`, dim, x.length));
  if (order.length !== x.length || new Set(order).size !== x.length) {
    reject(call, 'dims', `each of the ${x.length} axes of x once`, dims);
  }
  const strides = stridesOf(x);
  const shape = order.map((axis) => x[axis]);
  const stridesX = order.map((axis) => strides[axis]);
  return { shape, box: boxOfSizes(shape, stridesOf(shape), stridesX) };
}

/** x with two axes exchanged. */
export function transposeBox(call: string, x: Shape, dim0: number, dim1: number): Copied {
  const first = axisOf(call, 'dim0', dim0, x.length);
  const second = axisOf(call, 'dim1', dim1, x.length);
  const dims = x.map((_, i) => (i === first ? second : i === second ? first : i));
  return permuteBox(call, x, dims);
}
