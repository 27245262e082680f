import { describe, expect, it } from 'vitest';
import { axisTable, mergeAxes, stridesOf } from '../../src/geometry/axes.ts';
import { boxOf, reversed } from '../../src/geometry/box.ts';

describe('axes', () => {
  it('have the strides of a contiguous tensor', () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([])).toEqual([]);
  });

  it('become one where every operand goes on as if they were', () => {
    const merged = mergeAxes([
      { size: 2, strides: [12, 24] },
      { size: 1, strides: [99, 7] },
      { size: 3, strides: [4, 8] },
      { size: 4, strides: [1, 1] },
    ]);
    // x has a gap behind its four neighbours.
    expect(merged).toEqual([
      { size: 6, strides: [4, 8] },
      { size: 4, strides: [1, 1] },
    ]);
  });

  it('become one where an operand stands still along both, not along one', () => {
    expect(mergeAxes([{ size: 2, strides: [3, 0] }, { size: 3, strides: [1, 0] }])).toEqual([{ size: 6, strides: [1, 0] }]); // biome-ignore format: two axes
    expect(
      mergeAxes([
        { size: 2, strides: [3, 0] },
        { size: 3, strides: [1, 1] },
      ]),
    ).toHaveLength(2);
  });

  it('become a table of 32-bit numbers', () => {
    expect([...axisTable([{ size: 6, strides: [4, -8] }])]).toEqual([1, 6, 4, -8]);
  });
});

describe('a box', () => {
  it('of one element has an axis all the same', () => {
    expect([...boxOf([]).table]).toEqual([1, 1, 1, 1]);
    expect(boxOf([{ size: 1, strides: [5, 9] }])).toMatchObject({ extent: 1, size: 1 });
  });

  it('goes by its output, whatever the order of its axes', () => {
    const box = boxOf([{ size: 4, strides: [1, 1] }, { size: 3, strides: [8, 4] }], 2, 7); // biome-ignore format: two axes
    expect([...box.table]).toEqual([2, 3, 8, 4, 4, 1, 1]);
    expect(box).toMatchObject({ offsetO: 2, offsetX: 7, extent: 3, size: 12 });
    expect([...reversed(box).table]).toEqual([2, 3, 4, 8, 4, 1, 1]);
    expect(reversed(box)).toMatchObject({ offsetO: 7, offsetX: 2 });
  });
});
