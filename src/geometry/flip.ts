import { reject } from '../check.ts';
import { axisOf, type Shape } from '../shape.ts';
import { stridesOf } from './axes.ts';
import { boxOfSizes, type Copied } from './box.ts';

/** x backwards along each of `dims`. */
export function flipBox(call: string, x: Shape, dims: readonly number[]): Copied {
  if (!Array.isArray(dims)) return reject(call, 'dims', 'an array of axes', dims, TypeError);
  const flipped = new Set(dims.map((dim, i) => axisOf(call, `dims[${i}]`, dim, x.length)));
  if (flipped.size !== dims.length) reject(call, 'dims', 'each axis once at most', dims);
  const strides = stridesOf(x);
  let offset = 0;
  for (const axis of flipped) offset += (x[axis] - 1) * strides[axis];
  const stridesX = strides.map((stride, axis) => (flipped.has(axis) ? -stride : stride));
  return { shape: x, box: boxOfSizes(x, strides, stridesX, 0, offset) };
}
