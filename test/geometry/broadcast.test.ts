import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastShape, loopNest } from '../../src/geometry/broadcast.ts';
import { sizeOf } from '../../src/shape.ts';
import { indicesOf, positionOf } from '../reference/broadcast.ts';
import { broadcastableShapes } from '../support/nest.ts';

/** A table read back: rank, split, and its axes. */
function read(table: readonly number[]) {
  const axes = [];
  for (let i = 2; i < table.length; i += 5) axes.push({ size: table[i], strides: table.slice(i + 1, i + 5) });
  return { rank: table[0], split: table[1], axes };
}

/** Where o, p, q and r stand at each turn of the loops. */
function walked(table: readonly number[]): number[][] {
  const { axes } = read(table);
  return [...indicesOf(axes.map(({ size }) => size))].map((index) =>
    [0, 1, 2, 3].map((operand) => index.reduce((at, i, axis) => at + i * axes[axis].strides[operand], 0)),
  );
}

describe('broadcastShape', () => {
  const shapeOf = (...shapes: number[][]) => broadcastShape('add', ['a', 'b', 'c'].slice(0, shapes.length), shapes);

  it("follows NumPy's rules", () => {
    expect(shapeOf([3, 5], [5])).toEqual([3, 5]);
    expect(shapeOf([3, 1], [1, 5])).toEqual([3, 5]);
    expect(shapeOf([], [2, 1])).toEqual([2, 1]);
    expect(shapeOf([], [])).toEqual([]);
    expect(shapeOf([4, 1, 1], [3, 1], [2])).toEqual([4, 3, 2]);
  });

  it('says which shapes do not', () => {
    expect(() => shapeOf([32, 10], [32, 7])).toThrow(RangeError);
    expect(() => shapeOf([32, 10], [32, 7])).toThrow('add: shapes [32, 10] and [32, 7] do not broadcast');
    expect(() => shapeOf([2], [2], [3])).toThrow('add: shapes [2], [2] and [3] do not broadcast');
    expect(() => shapeOf([65536, 1], [65536])).toThrow(
      'add: a and b expected shapes that broadcast to at most 2^31 − 1 elements, got [65536, 65536]',
    );
  });
});

describe('loopNest', () => {
  it('makes one axis of all that move alike', () => {
    expect(loopNest([2, 3, 4], [2, 3, 4], [2, 3, 4])).toEqual({ table: [1, 0, 24, 1, 1, 1, 1], extent: 24 });
    expect(loopNest([2, 3, 4], [2, 3, 4], [2, 3, 4], [])).toEqual({ table: [1, 0, 24, 1, 1, 0, 1], extent: 24 });
    const rows = loopNest([2, 3, 4], [2, 3, 4], [2, 3, 4], [4]);
    expect(rows).toEqual({ table: [2, 0, 6, 4, 4, 0, 4, 4, 1, 1, 1, 1], extent: 6 });
  });

  it('drops axes of size 1', () => {
    expect(loopNest([1, 5, 1], [1, 5, 1], [5, 1])).toEqual({ table: [1, 0, 5, 1, 1, 1, 1], extent: 5 });
    expect(loopNest([1, 1], [1, 1], []).extent).toBe(1);
    expect(loopNest([], [], [])).toEqual({ table: [1, 0, 1, 1, 1, 1, 1], extent: 1 });
  });

  it('splits along the outermost axis that o keeps, or not at all', () => {
    const columns = loopNest([512, 768], [768], [512, 768]);
    expect(columns).toEqual({ table: [2, 1, 512, 0, 768, 768, 768, 768, 1, 1, 1, 1], extent: 768 });
    const scalar = loopNest([512, 768], [], [512, 768]);
    expect(scalar.extent).toBe(1);
    expect(read(scalar.table).axes.map(({ size }) => size)).toEqual([1, 393216]);
  });

  it('walks every index once, with each operand where it belongs', () => {
    const property = fc.property(broadcastableShapes(4), ([o, p, q, r]) => {
      const shape = broadcastShape('walk', [], [o, p, q, r]);
      const { table, extent } = loopNest(shape, o, p, q, r);
      const expected = [...indicesOf(shape)].map((index) => [o, p, q, r].map((operand) => positionOf(index, operand)));
      expect(walked(table)).toEqual(expected);
      const { rank, split, axes } = read(table);
      expect(axes.length).toBe(rank);
      for (const stride of axes[rank - 1].strides) expect([0, 1]).toContain(stride);
      // Every element of o belongs to one index of the split axis.
      expect(axes[split].size).toBe(extent);
      expect(axes[split].strides[0] * extent).toBe(sizeOf(o));
    });
    fc.assert(property, { numRuns: 300 });
  });
});
