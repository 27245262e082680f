import { describe, expect, it } from 'vitest';
import { reversed } from '../../src/geometry/box.ts';
import { flipBox } from '../../src/geometry/flip.ts';
import { permuteBox, transposeBox } from '../../src/geometry/permute.ts';

const tableOf = (shape: number[], dims: number[]) => [...permuteBox('Permute', shape, dims).box.table];

describe('permute', () => {
  it('orders the shape as told, from either end', () => {
    expect(permuteBox('Permute', [2, 3, 4], [2, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(permuteBox('Permute', [2, 3, 4], [-1, 0, -2]).shape).toEqual([4, 2, 3]);
    expect(permuteBox('Permute', [], []).shape).toEqual([]);
    expect(transposeBox('Transpose', [2, 3, 4], 0, -1).shape).toEqual([4, 3, 2]);
  });

  it('is one row where nothing moves', () => {
    expect(tableOf([2, 3, 4], [0, 1, 2])).toEqual([1, 24, 1, 1]);
    expect(tableOf([2, 1, 4], [1, 0, 2])).toEqual([1, 8, 1, 1]);
  });

  it('keeps rows whole that move as such', () => {
    // biome-ignore format: one axis a line
    expect(tableOf([8, 128, 12, 64], [0, 2, 1, 3])).toEqual([
      4,
      8, 98304, 98304,
      12, 8192, 64,
      128, 64, 768,
      64, 1, 1,
    ]);
  });

  it('has the axis along which x runs last but one, for a transposition', () => {
    expect(tableOf([1024, 512], [1, 0])).toEqual([2, 512, 1024, 1, 1024, 1, 512]);
    expect(tableOf([2, 3, 4, 5], [2, 3, 0, 1])).toEqual([2, 20, 6, 1, 6, 1, 20]);
    // out[c][b][a] = x[a][b][c]: c, along which x runs, comes next to a.
    expect(tableOf([2, 3, 4], [2, 1, 0])).toEqual([3, 3, 2, 4, 4, 6, 1, 2, 1, 12]);
  });

  it('has for a gradient the box of the inverse', () => {
    const { box } = permuteBox('Permute', [2, 3, 4, 5], [1, 3, 0, 2]);
    const inverse = permuteBox('Permute', [3, 5, 2, 4], [2, 0, 3, 1]).box;
    expect(reversed(box).table).toEqual(inverse.table);
  });

  it('refuses dims that are no order of the axes', () => {
    const call = (dims: unknown) => () => permuteBox('Permute.forward', [2, 3], dims as number[]);
    expect(call([0, 0])).toThrow('Permute.forward: dims expected each of the 2 axes of x once, got [0, 0]');
    expect(call([0, -2])).toThrow('each of the 2 axes of x once');
    expect(call([0])).toThrow('each of the 2 axes of x once');
    expect(call([0, 2])).toThrow('Permute.forward: dims[1] expected an axis from -2 to 1, got 2');
    expect(call(1)).toThrow(TypeError);
  });
});

describe('flip', () => {
  it('starts at the far end of each axis', () => {
    const { shape, box } = flipBox('Flip', [2, 3, 4], [0, -1]);
    expect(shape).toEqual([2, 3, 4]);
    expect(box.offsetX).toBe(12 + 3);
    expect([...box.table]).toEqual([3, 2, 12, -12, 3, 4, 4, 4, 1, -1]);
  });

  it('keeps rows whole that it does not turn round', () => {
    expect([...flipBox('Flip', [3, 4, 5], [0]).box.table]).toEqual([2, 3, 20, -20, 20, 1, 1]);
  });

  it('refuses an axis named twice', () => {
    expect(() => flipBox('Flip', [2, 3], [1, -1])).toThrow('Flip: dims expected each axis once at most, got [1, -1]');
  });
});
