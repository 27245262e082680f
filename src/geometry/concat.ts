import { checkInteger, reject, show } from '../check.ts';
import { axisOf, checkShape, type Shape } from '../shape.ts';
import { stridesOf } from './axes.ts';
import { type Box, boxOfSizes, type Copied } from './box.ts';

/** Tensors side by side along an axis: the shape of the whole, and for each the box that takes it there. */
export function concatBoxes(call: string, shapes: readonly Shape[], dim: number): { shape: Shape; boxes: Box[] } {
  if (shapes.length === 0) reject(call, 'tensors', 'at least one tensor', shapes);
  const [first] = shapes;
  const axis = axisOf(call, 'dim', dim, first.length);
  shapes.forEach((shape, i) => {
    if (shape.length !== first.length || shape.some((size, d) => d !== axis && size !== first[d])) {
      const expected = show(first.map((size, d) => (d === axis ? 'any' : size))).replace("'any'", 'any');
      reject(call, `tensors[${i}]`, expected, shape);
    }
  });
  const total = shapes.reduce((sum, shape) => sum + shape[axis], 0);
  const shape = checkShape(call, 'result', first.with(axis, total));
  const strides = stridesOf(shape);
  let place = 0;
  const boxes = shapes.map((part) => {
    const offset = place * strides[axis];
    place += part[axis];
    return boxOfSizes(part, strides, stridesOf(part), offset, 0);
  });
  return { shape, boxes };
}

/** x in parts along an axis: of the sizes given, or all of one size and the last of what is left. */
export function splitBoxes(call: string, x: Shape, sizes: number | readonly number[], dim: number): Copied[] {
  const axis = axisOf(call, 'dim', dim, x.length);
  const strides = stridesOf(x);
  let place = 0;
  return partsOf(call, sizes, x[axis]).map((size) => {
    const shape = x.with(axis, size);
    const offset = place * strides[axis];
    place += size;
    return { shape, box: boxOfSizes(shape, stridesOf(shape), strides, 0, offset) };
  });
}

function partsOf(call: string, sizes: number | readonly number[], whole: number): readonly number[] {
  if (Array.isArray(sizes)) {
    sizes.forEach((size, i) => checkInteger(call, `sizes[${i}]`, size, 1));
    const sum = sizes.reduce((total: number, size) => total + size, 0);
    return sum === whole ? sizes : reject(call, 'sizes', `sizes that add up to ${whole}`, sizes);
  }
  const size = checkInteger(call, 'sizes', sizes, 1);
  return Array.from({ length: Math.ceil(whole / size) }, (_, i) => Math.min(size, whole - i * size));
}
