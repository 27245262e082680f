import { checkBoolean, checkNumber, checkOptions, reject } from '../check.ts';
import { normTerm } from '../norm-terms.ts';
import type { Parameter } from '../parameter.ts';
import { listParameters, type ParameterSource } from './parameter-list.ts';

export interface ClipGradNormOptions {
  /** Which norm: 2 (default), 1 or Infinity. */
  normType?: 1 | 2 | typeof Infinity;
  /** Whether a norm of NaN or ∞ is an error; then no gradient changes (default false). */
  errorIfNonfinite?: boolean;
}

/**
 * Scales all gradients by one factor, min(1, maxNorm/(norm + 1e-6)), so that together they are no longer than
 * `maxNorm`. As in PyTorch, a norm of NaN makes every gradient NaN and an infinite one makes them 0 (∞ becomes NaN).
 * @returns the norm before clipping; 0 when no parameter has a gradient
 * @see https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 */
export function clipGradNorm(parameters: ParameterSource, maxNorm: number, options: ClipGradNormOptions = {}): number {
  const call = 'clipGradNorm';
  checkOptions(call, options, ['normType', 'errorIfNonfinite']);
  const { normType = 2, errorIfNonfinite = false } = options;
  if (normType !== 2 && normType !== 1 && normType !== Infinity) {
    reject(call, 'normType', '1, 2 or Infinity', normType);
  }
  if (maxNorm !== Infinity) checkNumber(call, 'maxNorm', maxNorm, 0);
  checkBoolean(call, 'errorIfNonfinite', errorIfNonfinite);
  const list = withGradients(call, parameters);
  const norm = totalNorm(list, normType);
  if (errorIfNonfinite && !Number.isFinite(norm)) throw new RangeError(`${call}: the norm of the gradients is ${norm}`);
  const factor = Math.min(1, maxNorm / (norm + 1e-6));
  if (factor === 1) return norm;
  for (const parameter of list) kernelsOf(parameter).scaleInPlace(parameter.grad.address, factor, 0, parameter.size);
  return norm;
}

/**
 * Limits every element of the gradients to [−clipValue, clipValue]; NaN stays.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 */
export function clipGradValue(parameters: ParameterSource, clipValue: number): void {
  const call = 'clipGradValue';
  if (clipValue !== Infinity) checkNumber(call, 'clipValue', clipValue, 0);
  for (const parameter of withGradients(call, parameters)) {
    kernelsOf(parameter).clampInPlace(parameter.grad.address, clipValue, 0, parameter.size);
  }
}

function withGradients(call: string, parameters: ParameterSource): Parameter[] {
  return listParameters(call, 'parameters', parameters).filter((parameter) => parameter.hasGrad);
}

const kernelsOf = ({ core, dtype }: Parameter) => core.kernels[dtype];

/** The norm of all gradients as one vector, in f64. */
function totalNorm(list: readonly Parameter[], normType: number): number {
  const term = normType === 2 ? 'squareSum' : normType === 1 ? 'absoluteSum' : 'absoluteMax';
  let total = 0;
  for (const { core, dtype, grad, size } of list) {
    const value = normTerm(term, core, dtype, grad.address, size);
    total = normType === Infinity ? Math.max(total, value) : total + value; // NaN wins in Math.max, too
  }
  return normType === 2 ? Math.sqrt(total) : total;
}
