import { expect, it } from 'vitest';
import { maxBackwardNests, reducedShape, reduceNest, sumBackwardNest } from '../../src/geometry/reduce.ts';

const shapeOf = (shape: number[], axes?: number | number[], keepDims = false) =>
  reducedShape('mean', shape, axes, keepDims);

it('takes axes away, or leaves them with size 1', () => {
  expect(shapeOf([2, 3, 4], [1])).toEqual({ shape: [2, 4], kept: [2, 1, 4], count: 3 });
  expect(shapeOf([2, 3, 4], [0, -1], true)).toEqual({ shape: [1, 3, 1], kept: [1, 3, 1], count: 8 });
  expect(shapeOf([2, 3, 4], -1).shape).toEqual([2, 3]);
  expect(shapeOf([2, 3, 4])).toEqual({ shape: [], kept: [1, 1, 1], count: 24 });
  expect(shapeOf([])).toEqual({ shape: [], kept: [], count: 1 });
  expect(shapeOf([], 0)).toEqual({ shape: [], kept: [], count: 1 });
});

it('refuses axes that are not there or named twice', () => {
  expect(() => shapeOf([2, 3], [2])).toThrow('mean: axes expected an axis from -2 to 1, got 2');
  expect(() => shapeOf([2, 3], [1, -1])).toThrow('mean: axes expected each axis once, got [1, -1]');
  expect(() => shapeOf([2, 3], [])).toThrow('mean: axes expected at least one axis, got []');
  expect(() => shapeOf([2, 3], [0.5])).toThrow('mean: axes expected a whole number, got 0.5');
});

it('lets both passes of a maximum be cut alike', () => {
  for (const axes of [[0], [1], [2], [0, 2], [0, 1, 2]]) {
    const { count, share } = maxBackwardNests([4, 3, 5], shapeOf([4, 3, 5], axes));
    expect(share.extent).toBe(count.extent);
    expect(share.table.slice(0, 2)).toEqual(count.table.slice(0, 2));
  }
});

it('walks the input whole', () => {
  const reduction = shapeOf([4, 3, 5], [0, 2]);
  expect(reduceNest([4, 3, 5], reduction).table).toEqual([3, 1, 4, 0, 15, 15, 15, 3, 1, 5, 5, 5, 5, 0, 1, 1, 1]);
  const backward = sumBackwardNest([4, 3, 5], reduction);
  expect(backward.table).toEqual([3, 0, 4, 15, 0, 0, 0, 3, 5, 1, 0, 1, 5, 1, 0, 0, 0]);
});
