import { expect } from 'vitest';
import type { FloatDType } from '../../src/index.ts';

/** Half a unit in the last place of 1: the largest relative error of one rounding. */
export const unitRoundoff = { f32: 2 ** -24, f64: 2 ** -53 } as const;

export interface Closeness {
  dtype: FloatDType;
  /** Roundings on the longest chain to one element: the reduction length, plus a handful. */
  terms: number;
  /**
   * What the roundings are relative to: the sum of the absolute values of an element's terms, one number for all
   * or one for each. By default the largest absolute expected value.
   */
  scale?: number | ArrayLike<number>;
}

/**
 * Holds `got` to an oracle's `expected`: |got − expected| ≤ terms·u·scale with unit roundoff u, which is the error
 * that a sum of that many terms may have. NaN and infinities must match exactly.
 */
export function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, closeness: Closeness): void {
  const { dtype, terms, scale = largest(expected) } = closeness;
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const want = dtype === 'f32' && !Number.isFinite(Math.fround(expected[i])) ? Math.fround(expected[i]) : expected[i];
    if (Object.is(got[i], want) || got[i] === want) continue;
    const allowed = terms * unitRoundoff[dtype] * (typeof scale === 'number' ? scale : scale[i]);
    if (!(Math.abs(got[i] - want) <= allowed)) {
      expect.fail(`[${i}]: got ${got[i]}, expected ${want}, off by ${Math.abs(got[i] - want)}, allowed ${allowed}`);
    }
  }
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) most = Math.max(most, Math.abs(values[i]));
  return most;
}
