import { checkInteger, reject } from '../check.ts';
import type { Shape } from '../shape.ts';
import { stridesOf } from './axes.ts';
import { boxOfSizes, type Copied } from './box.ts';

/**
 * Places start, start + step, … before `end` of an axis, as Python's slices: negative ones count from the end,
 * those beyond the axis are moved to its ends. By default `end` is the axis's and `step` 1; null is the whole axis.
 */
export type Range = readonly [start: number, end?: number | null, step?: number] | null;

/** x[start:end:step, …]: one range an axis from the first on, the axes after the last range whole. */
export function sliceBox(call: string, x: Shape, ranges: readonly Range[]): Copied {
  if (!Array.isArray(ranges)) return reject(call, 'ranges', 'an array of [start, end, step]', ranges, TypeError);
  if (ranges.length > x.length) reject(call, 'ranges', `at most ${x.length}, one an axis of x`, ranges);
  const strides = stridesOf(x);
  const places = x.map((size, axis) => placesOf(call, `ranges[${axis}]`, ranges[axis] ?? [0], size));
  const shape = places.map(({ count }) => count);
  const stridesX = places.map(({ step }, axis) => step * strides[axis]);
  const offsetX = places.reduce((offset, { start }, axis) => offset + start * strides[axis], 0);
  return { shape, box: boxOfSizes(shape, stridesOf(shape), stridesX, 0, offsetX) };
}

function placesOf(call: string, argument: string, range: NonNullable<Range>, size: number) {
  if (!Array.isArray(range) || range.length < 1 || range.length > 3) {
    return reject(call, argument, '[start, end, step] or null', range, TypeError);
  }
  const inside = (place: number) => Math.min(Math.max(place < 0 ? place + size : place, 0), size);
  const start = inside(checkInteger(call, `${argument}[0]`, range[0]));
  const end = inside(checkInteger(call, `${argument}[1]`, range[1] ?? size));
  const step = checkInteger(call, `${argument}[2]`, range[2] ?? 1, 1);
  if (end <= start) reject(call, argument, `a range that is not empty on an axis of ${size}`, range);
  const count = Math.ceil((end - start) / step);
  // The step of one place alone is never taken, and might be far beyond the tensor.
  return { start, count, step: count === 1 ? 1 : step };
}
