import { checkNumber, checkOneOf } from '../check.ts';
import { checkTensor } from '../check-tensor.ts';
import { type Formula, savedBy } from '../geometry/activation.ts';
import type { Tensor } from '../tensor.ts';
import { floatTensor } from './float-tensor.ts';

const formulas = Object.keys(savedBy) as Formula[];

/** Hyper-parameters of a formula: leakyRelu's slope, elu's alpha, softplus' beta are `a`; its threshold is `b`. */
export interface FormulaParameters {
  a?: number;
  b?: number;
}

/**
 * out = f(x), element by element.
 * @param formula which f: 'relu', 'gelu', 'exp', …
 * @param x any shape
 * @param out like x, overwritten; may be x itself
 */
export function activationForward(formula: Formula, x: Tensor, out: Tensor, { a = 0, b = 0 }: FormulaParameters = {}) {
  const call = 'activationForward';
  checkOneOf(call, 'formula', formula, formulas);
  const { kernels, same } = floatTensor(call, 'x', x);
  checkTensor(call, 'out', out, same, x.shape);
  checkNumber(call, 'a', a);
  checkNumber(call, 'b', b);
  kernels[`${formula}Forward`](out.address, x.address, a, b, 0, x.size);
}

/**
 * dx = dout·f′, element by element.
 * @param saved x, or the output y for 'relu', 'sigmoid', 'tanh', 'hardtanh', 'exp', 'sqrt' and 'reciprocal'
 * @param dout, dx like saved; dx is overwritten and may be either of the others
 */
export function activationBackward(
  formula: Formula,
  dout: Tensor,
  saved: Tensor,
  dx: Tensor,
  { a = 0, b = 0 }: FormulaParameters = {},
) {
  const call = 'activationBackward';
  checkOneOf(call, 'formula', formula, formulas);
  const { kernels, same } = floatTensor(call, 'saved', saved);
  checkTensor(call, 'dout', dout, same, saved.shape);
  checkTensor(call, 'dx', dx, same, saved.shape);
  checkNumber(call, 'a', a);
  checkNumber(call, 'b', b);
  kernels[`${formula}Backward`](dx.address, dout.address, saved.address, a, b, 0, 0, saved.size);
}
