import { describe, expect, it } from 'vitest';
import { concatBoxes, splitBoxes } from '../../src/geometry/concat.ts';

describe('concat', () => {
  it('puts parts one behind the other', () => {
    const { shape, boxes } = concatBoxes('Concat', [[2, 3, 4], [2, 1, 4], [2, 5, 4]], 1); // biome-ignore format: shapes
    expect(shape).toEqual([2, 9, 4]);
    expect(boxes.map(({ offsetO, offsetX }) => [offsetO, offsetX])).toEqual([[0, 0], [12, 0], [16, 0]]); // biome-ignore format: pairs
    expect([...boxes[0].table]).toEqual([2, 2, 36, 12, 12, 1, 1]);
  });

  it('along the first axis is a copy of each as a whole', () => {
    const { boxes } = concatBoxes('Concat', [[2, 3], [4, 3]], -2); // biome-ignore format: shapes
    expect(boxes.map(({ table }) => [...table])).toEqual([[1, 6, 1, 1], [1, 12, 1, 1]]); // biome-ignore format: tables
  });

  it('refuses shapes that differ elsewhere', () => {
    const call =
      (...shapes: number[][]) =>
      () =>
        concatBoxes('concat', shapes, 1);
    expect(call([2, 3, 4], [2, 3, 5])).toThrow('concat: tensors[1] expected [2, any, 4], got [2, 3, 5]');
    expect(call([2, 3, 4], [2, 3])).toThrow('concat: tensors[1] expected [2, any, 4], got [2, 3]');
    expect(call()).toThrow('concat: tensors expected at least one tensor, got []');
    expect(call([2])).toThrow('concat: dim expected an axis from -1 to 0, got 1');
    expect(call([2 ** 15, 2 ** 15], [2 ** 15, 2 ** 15])).toThrow('at most 2^31 − 1 elements');
  });
});

describe('split', () => {
  const shapesOf = (sizes: number | number[]) => splitBoxes('Split', [7, 4], sizes, 0).map(({ shape }) => shape);

  it('takes sizes, or one size for all but the last', () => {
    expect(shapesOf([4, 1, 2])).toEqual([[4, 4], [1, 4], [2, 4]]); // biome-ignore format: shapes
    expect(shapesOf(3)).toEqual([[3, 4], [3, 4], [1, 4]]); // biome-ignore format: shapes
    expect(shapesOf(9)).toEqual([[7, 4]]);
    expect(splitBoxes('Split', [4, 7], 3, -1).map(({ box }) => box.offsetX)).toEqual([0, 3, 6]);
  });

  it('refuses sizes that do not make up the axis', () => {
    expect(() => shapesOf([3, 3])).toThrow('Split: sizes expected sizes that add up to 7, got [3, 3]');
    expect(() => shapesOf([7, 0])).toThrow('Split: sizes[1] expected a whole number ≥ 1, got 0');
    expect(() => shapesOf(0)).toThrow('Split: sizes expected a whole number ≥ 1, got 0');
  });
});
