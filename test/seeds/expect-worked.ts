import type { FloatDType, Tensor } from '../../src/index.ts';
import { expectClose } from '../support/close.ts';

type Numbers = number | readonly Numbers[];

const flat = (numbers: Numbers): number[] => (typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat));

/**
 * Holds a tensor to the numbers of a worked example, in row-major order.
 * @param terms roundings on the longest chain to one element; 0 where whole numbers make every step exact
 * @param scale what they are relative to; by default the largest expected value
 */
export function expectWorked(got: Tensor, expected: Numbers, terms: number, scale?: number): void {
  expectClose(got.data, flat(expected), { dtype: got.dtype as FloatDType, terms, scale });
}
