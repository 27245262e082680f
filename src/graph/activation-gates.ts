// The activations as gates: the functions of the layers of the same name, with their defaults.

import { checkInteger, checkNumber, checkOneOf, checkOptions, reject } from '../check.ts';
import type { Node } from '../operation.ts';
import { activation } from '../operations/activation.ts';
import { softmaxAlong } from '../operations/softmax.ts';
import { gate } from './gate.ts';
import type { Operand } from './node.ts';

/** max(x, 0). */
export const relu = (x: Operand): Node => gate(activation('relu', 'relu'), x);

/** min(max(x, 0), 6). */
export const relu6 = (x: Operand): Node => gate(activation('relu6', 'hardtanh', 0, 6), x);

/** x for x > 0, negativeSlope·x else. */
export function leakyRelu(x: Operand, negativeSlope = 0.01): Node {
  return gate(activation('leakyRelu', 'leakyRelu', checkNumber('leakyRelu', 'negativeSlope', negativeSlope)), x);
}

/** x for x > 0, alpha·(eˣ − 1) else. */
export function elu(x: Operand, alpha = 1): Node {
  return gate(activation('elu', 'elu', checkNumber('elu', 'alpha', alpha)), x);
}

/** ELU with the scale and alpha that keep mean and variance (Klambauer et al. 2017). */
export const selu = (x: Operand): Node => gate(activation('selu', 'selu', 1.6732632423543772, 1.0507009873554805), x);

/** 1/(1 + e⁻ˣ). */
export const sigmoid = (x: Operand): Node => gate(activation('sigmoid', 'sigmoid'), x);

/** tanh x. */
export const tanh = (x: Operand): Node => gate(activation('tanh', 'tanh'), x);

/** x·Φ(x), or with 'tanh' the approximation. */
export function gelu(x: Operand, options: { approximate?: 'none' | 'tanh' } = {}): Node {
  checkOptions('gelu', options, ['approximate']);
  const approximate = checkOneOf('gelu', 'approximate', options.approximate ?? 'none', ['none', 'tanh']);
  return gate(activation('gelu', approximate === 'tanh' ? 'geluTanh' : 'gelu'), x);
}

/** x·σ(x). */
export const silu = (x: Operand): Node => gate(activation('silu', 'silu'), x);

/** log(1 + e^(beta·x))/beta, and x itself where beta·x > threshold. */
export function softplus(x: Operand, beta = 1, threshold = 20): Node {
  checkNumber('softplus', 'beta', beta);
  return gate(activation('softplus', 'softplus', beta, checkNumber('softplus', 'threshold', threshold)), x);
}

/** log σ(x). */
export const logSigmoid = (x: Operand): Node => gate(activation('logSigmoid', 'logSigmoid'), x);

/** x·tanh(log(1 + eˣ)). */
export const mish = (x: Operand): Node => gate(activation('mish', 'mish'), x);

/** x·min(max(x + 3, 0), 6)/6. */
export const hardswish = (x: Operand): Node => gate(activation('hardswish', 'hardswish'), x);

/** min(max(x + 3, 0), 6)/6. */
export const hardsigmoid = (x: Operand): Node => gate(activation('hardsigmoid', 'hardsigmoid'), x);

/** min(max(x, minVal), maxVal); the gradient at both is 0. */
export function hardtanh(x: Operand, minVal = -1, maxVal = 1): Node {
  checkNumber('hardtanh', 'minVal', minVal);
  checkNumber('hardtanh', 'maxVal', maxVal);
  if (minVal >= maxVal) reject('hardtanh', 'maxVal', `more than minVal ${minVal}`, maxVal);
  return gate(activation('hardtanh', 'hardtanh', minVal, maxVal), x);
}

/** x/(1 + |x|). */
export const softsign = (x: Operand): Node => gate(activation('softsign', 'softsign'), x);

/** eˣ. */
export const exp = (x: Operand): Node => gate(activation('exp', 'exp'), x);

/** log x. */
export const log = (x: Operand): Node => gate(activation('log', 'log'), x);

/** The error function. */
export const erf = (x: Operand): Node => gate(activation('erf', 'erf'), x);

/** e^x/Σ e^x along axis `dim`. */
export const softmax = (x: Operand, dim: number): Node =>
  gate(softmaxAlong('softmax', checkInteger('softmax', 'dim', dim)), x);

/** log(e^x/Σ e^x) along axis `dim`. */
export const logSoftmax = (x: Operand, dim: number): Node =>
  gate(softmaxAlong('logSoftmax', checkInteger('logSoftmax', 'dim', dim)), x);
