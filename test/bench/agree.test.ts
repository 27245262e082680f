import { expect, it } from 'vitest';
import { disagreement } from '../../bench/agree.ts';

const compare = (ours: number[], baseline: number[], tolerance = 1e-5) =>
  disagreement({ results: () => [[new Float32Array(ours), new Float32Array(baseline)]], tolerance });

it('lets equal numbers through, with a tolerance relative to the largest', () => {
  expect(compare([1, -2, 0], [1, -2, 0])).toBeUndefined();
  expect(compare([1000, 0.005], [1000, 0])).toBeUndefined();
});

it('refuses one wrong element, wherever it is, and names the worst', () => {
  expect(compare([1, 2, 3], [1, 2.001, 3.5])).toBe('result 0[2]: 3, baseline 3.5');
  expect(compare([1.5, 2, 3], [1, 2, 3])).toBe('result 0[0]: 1.5, baseline 1');
});

it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  'refuses %f on either or both sides',
  (odd) => {
    expect(compare([1, odd], [1, 2])).toBe(`result 0[1]: ${odd}, baseline 2`);
    expect(compare([1, 2], [1, odd])).toBe(`result 0[1]: 2, baseline ${odd}`);
    expect(compare([1, odd], [1, odd])).toBe(`result 0[1]: ${odd}, baseline ${odd}`);
  },
);

it('refuses what compares nothing', () => {
  expect(compare([0, 0], [0, 0])).toBe('result 0: all zeros, which compares nothing');
  expect(compare([], [])).toBe('result 0: all zeros, which compares nothing');
  expect(compare([1], [1, 2])).toBe('result 0: 1 numbers, baseline 2');
  expect(disagreement({ results: () => [], tolerance: 1 })).toBe('no results to compare');
});
