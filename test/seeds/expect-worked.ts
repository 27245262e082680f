import type { FloatDType, Tensor } from '../../src/index.ts';
import { expectClose } from '../support/close.ts';

type Numbers = number | readonly Numbers[];

/**
 * Holds a tensor to the numbers of a worked example, in row-major order.
 * @param terms roundings on the longest chain to one element; 0 where whole numbers make every step exact
 * @param scale what they are relative to; by default the largest expected value
 */
export function expectWorked(got: Tensor, expected: Numbers, terms: number, scale?: number): void {
  const values = [expected].flat(Number.POSITIVE_INFINITY) as number[];
  expectClose(got.data, values, { dtype: got.dtype as FloatDType, terms, scale });
}
