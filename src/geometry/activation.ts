/**
 * The formulas of assembly/kernels/activation.ts and unary.ts, and what each one's derivative is computed from: the
 * input x, the output y, or neither, but the upstream gradient dy alone. Each has a kernel `…Forward` and a kernel `…Backward`.
 */
export const savedBy = {
  relu: 'y',
  leakyRelu: 'x',
  elu: 'x',
  selu: 'x',
  sigmoid: 'y',
  tanh: 'y',
  gelu: 'x',
  geluTanh: 'x',
  silu: 'x',
  softplus: 'x',
  logSigmoid: 'x',
  mish: 'x',
  hardswish: 'x',
  hardsigmoid: 'x',
  hardtanh: 'y',
  softsign: 'x',
  exp: 'y',
  log: 'x',
  erf: 'x',
  neg: 'dy',
  sqrt: 'y',
  square: 'x',
  abs: 'x',
  reciprocal: 'y',
  clamp: 'x',
} as const;

export type Formula = keyof typeof savedBy;
