import { describe, expect, it } from 'vitest';
import { checkIndices, embeddingGeometry, gatherGeometry, indexSelectGeometry } from '../../src/geometry/gather.ts';

describe('gather', () => {
  it('has the shape of its index', () => {
    const g = gatherGeometry('Gather', [4, 5, 6], 1, [4, 2, 6]);
    expect(g).toMatchObject({ shape: [4, 2, 6], choices: 5, stride: 6, forward: { extent: 4 } });
    expect([...g.forward.table]).toEqual([3, 4, 12, 30, 12, 2, 6, 0, 6, 6, 1, 1, 1]);
    expect(g.backward).toMatchObject({ cut: 0, extent: 4 });
  });

  it('of one element a row is a single line', () => {
    expect([...gatherGeometry('Gather', [32, 10], -1, [32, 1]).forward.table]).toEqual([1, 32, 1, 10, 1]);
  });

  it('cuts its gradient where the index does not run', () => {
    expect(gatherGeometry('Gather', [9, 4], 0, [3, 4]).backward).toMatchObject({ cut: 1, extent: 4 });
    expect(gatherGeometry('Gather', [9], 0, [3]).backward).toMatchObject({ cut: 0, extent: 1 });
    expect(gatherGeometry('Gather', [9], 0, [3]).forward.extent).toBe(3);
  });

  it('refuses an index that does not fit', () => {
    const call =
      (...index: number[]) =>
      () =>
        gatherGeometry('gather', [4, 5], 1, index);
    expect(call(5, 9)).toThrow('gather: index expected [≤ 4, any] for x [4, 5], got [5, 9]');
    expect(call(4)).toThrow('gather: index expected [≤ 4, any] for x [4, 5], got [4]');
    expect(call(1, 99)).not.toThrow();
  });
});

describe('indexSelect and embedding', () => {
  it('pick rows as a whole', () => {
    const g = indexSelectGeometry('IndexSelect', [4, 5, 6], 1, [3]);
    expect(g).toMatchObject({ shape: [4, 3, 6], choices: 5, stride: 6 });
    expect([...g.forward.table]).toEqual([3, 4, 18, 30, 0, 3, 6, 0, 1, 6, 1, 1, 0]);
  });

  it('pick for every index of an embedding a row of the table', () => {
    const g = embeddingGeometry('Embedding', [1000, 64], [8, 16]);
    expect(g).toMatchObject({ shape: [8, 16, 64], choices: 1000, stride: 64, backward: { cut: 1, extent: 64 } });
    expect([...g.forward.table]).toEqual([2, 128, 64, 0, 1, 64, 1, 1, 0]);
  });

  it('refuse other shapes', () => {
    expect(() => indexSelectGeometry('indexSelect', [4, 5], 0, [2, 2])).toThrow(
      'indexSelect: index expected [N], got [2, 2]',
    );
    expect(() => indexSelectGeometry('indexSelect', [4, 5], 2, [2])).toThrow(
      'dim expected an axis from -2 to 1, got 2',
    );
    expect(() => embeddingGeometry('Embedding', [4], [2])).toThrow('Embedding: weight expected [V, D], got [4]');
  });
});

it('refuses indices outside the axis, naming the first side that they leave', () => {
  const call = (smallest: number, largest: number) => () => checkIndices('gather', 'index', smallest, largest, 5);
  expect(call(0, 4)).not.toThrow();
  expect(call(0, 5)).toThrow('gather: index expected indices from 0 to 4, got 5');
  expect(call(-1, 5)).toThrow('gather: index expected indices from 0 to 4, got -1');
});
