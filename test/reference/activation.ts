import { erf, normalCdf, sigmoid, softplus } from './math.ts';

/** A function and its derivative, by their definitions; a and b are its hyper-parameters. */
export interface Definition {
  f(x: number, a: number, b: number): number;
  derivative(x: number, a: number, b: number): number;
}

const normalPdf = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const clip = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

/** u = √(2/π)·(x + 0.044715·x³). */
const geluTanhArgument = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);

export const activations: Record<string, Definition> = {
  relu: { f: (x) => Math.max(x, 0), derivative: (x) => (x <= 0 ? 0 : 1) },
  leakyRelu: { f: (x, a) => (x > 0 ? x : a * x), derivative: (x, a) => (x > 0 ? 1 : a) },
  elu: { f: (x, a) => (x > 0 ? x : a * Math.expm1(x)), derivative: (x, a) => (x > 0 ? 1 : a * Math.exp(x)) },
  selu: {
    f: (x, a, b) => b * (x > 0 ? x : a * Math.expm1(x)),
    derivative: (x, a, b) => b * (x > 0 ? 1 : a * Math.exp(x)),
  },
  sigmoid: { f: sigmoid, derivative: (x) => sigmoid(x) * sigmoid(-x) },
  tanh: { f: Math.tanh, derivative: (x) => 1 / Math.cosh(x) ** 2 },
  gelu: { f: (x) => x * normalCdf(x), derivative: (x) => normalCdf(x) + x * normalPdf(x) },
  geluTanh: {
    f: (x) => x * sigmoid(2 * geluTanhArgument(x)),
    derivative: (x) => {
      const u = geluTanhArgument(x);
      const slope = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
      return sigmoid(2 * u) + (x * slope) / (2 * Math.cosh(u) ** 2);
    },
  },
  silu: { f: (x) => x * sigmoid(x), derivative: (x) => sigmoid(x) + x * sigmoid(x) * sigmoid(-x) },
  softplus: {
    f: (x, a, b) => (a * x > b ? x : softplus(a * x) / a),
    derivative: (x, a, b) => (a * x > b ? 1 : sigmoid(a * x)),
  },
  logSigmoid: { f: (x) => -softplus(-x), derivative: (x) => sigmoid(-x) },
  mish: {
    f: (x) => x * Math.tanh(softplus(x)),
    derivative: (x) => Math.tanh(softplus(x)) + (x * sigmoid(x)) / Math.cosh(softplus(x)) ** 2,
  },
  hardswish: {
    f: (x) => (x * clip(x + 3, 0, 6)) / 6,
    derivative: (x) => (x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5),
  },
  hardsigmoid: { f: (x) => clip(x + 3, 0, 6) / 6, derivative: (x) => (x > -3 && x < 3 ? 1 / 6 : 0) },
  hardtanh: { f: (x, a, b) => clip(x, a, b), derivative: (x, a, b) => (x > a && x < b ? 1 : 0) },
  softsign: { f: (x) => x / (1 + Math.abs(x)), derivative: (x) => 1 / (1 + Math.abs(x)) ** 2 },
  exp: { f: Math.exp, derivative: Math.exp },
  log: { f: Math.log, derivative: (x) => 1 / x },
  erf: { f: erf, derivative: (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) },
  neg: { f: (x) => -x, derivative: () => -1 },
  sqrt: { f: Math.sqrt, derivative: (x) => 0.5 / Math.sqrt(x) },
  square: { f: (x) => x * x, derivative: (x) => 2 * x },
  abs: { f: Math.abs, derivative: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0) },
  reciprocal: { f: (x) => 1 / x, derivative: (x) => -1 / x / x },
  clamp: { f: (x, a, b) => clip(x, a, b), derivative: (x, a, b) => (x >= a && x <= b ? 1 : 0) },
};
