import { describe, expect, it } from 'vitest';
import { matmulGeometry } from '../../src/geometry/matmul.ts';

const shapeOf = (a: number[], b: number[]) => matmulGeometry('matmul', a, b).shape;
const plans = (a: number[], b: number[]) => {
  const { forward, gradientA, gradientB } = matmulGeometry('matmul', a, b);
  return [forward, gradientA, gradientB].map(({ batches, M, N, K }) => ({ sizes: [M, N, K], batches: [...batches] }));
};

describe('matmul', () => {
  it('has the shapes of torch.matmul', () => {
    expect(shapeOf([3], [3])).toEqual([]);
    expect(shapeOf([2, 3], [3])).toEqual([2]);
    expect(shapeOf([3], [3, 4])).toEqual([4]);
    expect(shapeOf([3], [5, 3, 4])).toEqual([5, 4]);
    expect(shapeOf([5, 2, 3], [3])).toEqual([5, 2]);
    expect(shapeOf([7, 1, 2, 3], [5, 3, 4])).toEqual([7, 5, 2, 4]);
    expect(shapeOf([1, 1, 1], [1, 1])).toEqual([1, 1, 1]);
  });

  it('makes one tall product of all matrices where b has none of its own', () => {
    expect(plans([8, 6, 2, 3], [3, 4])).toEqual([
      { sizes: [96, 4, 3], batches: [0] },
      { sizes: [96, 3, 4], batches: [0] },
      { sizes: [3, 4, 96], batches: [0] },
    ]);
    expect(plans([8, 6, 2, 3], [1, 1, 3, 4])[2]).toEqual({ sizes: [3, 4, 96], batches: [0] });
  });

  it('makes one axis of several that both operands have', () => {
    expect(plans([8, 6, 2, 3], [8, 6, 3, 4])[0]).toEqual({ sizes: [2, 4, 3], batches: [1, 48, 8, 6, 12] });
  });

  it('sums the gradient of an operand over the axes that it lacks', () => {
    // a [2, 3] stands in each of five products.
    expect(plans([2, 3], [5, 3, 4])).toEqual([
      { sizes: [2, 4, 3], batches: [1, 5, 8, 0, 12] },
      { sizes: [2, 3, 4], batches: [1, 5, 0, 8, 12] },
      { sizes: [3, 4, 2], batches: [1, 5, 12, 0, 8] },
    ]);
    const { gradientA, gradientB } = matmulGeometry('matmul', [2, 3], [5, 3, 4]);
    expect([gradientA.matrices, gradientB.matrices]).toEqual([1, 5]);
  });

  it('folds the inner axes and keeps the outer', () => {
    expect(plans([7, 6, 2, 3], [7, 1, 3, 4])[0]).toEqual({ sizes: [12, 4, 3], batches: [1, 7, 48, 36, 12] });
    // Along the outer axis b repeats, but the inner stands between.
    expect(plans([7, 6, 2, 3], [6, 3, 4])[0]).toEqual({
      sizes: [2, 4, 3],
      batches: [2, 7, 48, 36, 0, 6, 8, 6, 12],
    });
  });

  it('refuses what does not fit', () => {
    const call = (a: number[], b: number[]) => () => matmulGeometry('matmul', a, b);
    expect(call([2, 3], [4, 5])).toThrow('matmul: b expected [..., 3, N] to follow a [2, 3], got [4, 5]');
    expect(call([2, 3], [4])).toThrow('matmul: b expected [3] to follow a [2, 3], got [4]');
    expect(call([3], [4, 5])).toThrow('matmul: b expected [..., 3, N] to follow a [3], got [4, 5]');
    expect(call([2, 2, 3], [3, 3, 4])).toThrow(
      'matmul: b expected leading sizes that broadcast with a [2, 2, 3], got [3, 3, 4]',
    );
    expect(call([], [3])).toThrow('matmul: a expected at least one axis, got []');
    expect(call([3], [])).toThrow('matmul: b expected at least one axis, got []');
    expect(call([2 ** 16, 1], [1, 2 ** 16])).toThrow('at most 2^31 − 1 elements');
  });
});
