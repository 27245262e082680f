import { describe, expect, it } from 'vitest';
import { padBox } from '../../src/geometry/pad.ts';

describe('pad', () => {
  it('takes the last axis first', () => {
    const { shape, box } = padBox('Pad', [2, 3, 4], [1, 2, 3, 0]);
    expect(shape).toEqual([2, 6, 7]);
    expect(box).toMatchObject({ offsetO: 3 * 7 + 1, offsetX: 0, size: 24 });
    expect([...box.table]).toEqual([3, 2, 42, 12, 3, 7, 4, 4, 1, 1]);
  });

  it('crops where it is negative', () => {
    const { shape, box } = padBox('Pad', [5, 6], [-2, 1, 0, -3]);
    expect(shape).toEqual([2, 5]);
    expect(box).toMatchObject({ offsetO: 0, offsetX: 2, size: 8 });
    expect(padBox('Pad', [5], [-4, 9])).toMatchObject({ shape: [10], box: { offsetX: 4, size: 1 } });
  });

  it('of nothing is a copy', () => {
    expect([...padBox('Pad', [5, 6], []).box.table]).toEqual([1, 30, 1, 1]);
  });

  it('refuses what is no padding, and one that leaves nothing of x', () => {
    const call =
      (...padding: number[]) =>
      () =>
        padBox('Pad.forward', [2, 3], padding);
    expect(call(1)).toThrow('Pad.forward: padding expected pairs of numbers, at most 2, one an axis of x, got [1]');
    expect(call(1, 1, 1, 1, 1, 1)).toThrow('pairs of numbers, at most 2');
    expect(call(-1, -2)).toThrow('padding that leaves an element of each axis of [2, 3], got [-1, -2]');
    expect(call(-3, 5)).toThrow('padding that leaves an element');
    expect(call(0, 0.5)).toThrow('padding[1] expected a whole number, got 0.5');
    expect(call(2 ** 30, 0)).toThrow('at most 2^31 − 1 elements');
  });
});
