// Kernels whose range counts elements, or blocks of them.

import type { Draw, Given } from '../../support/cuts.ts';
import { each } from './each.ts';

const formulas = [
  'elu', 'erf', 'exp', 'gelu', 'geluTanh', 'hardsigmoid', 'hardswish', 'hardtanh', 'leakyRelu', 'log', 'logSigmoid', 'mish',
  'relu', 'selu', 'sigmoid', 'silu', 'softplus', 'softsign', 'tanh', 'abs', 'clamp', 'neg', 'reciprocal', 'sqrt', 'square',
]; // biome-ignore format: a paragraph
const losses = ['mse', 'l1', 'huber', 'smoothL1', 'klDiv', 'klDivLog'];
const weightedLosses = ['bce', 'bceWithLogits'];

const most = 700;
/** Elements of a block of a loss. */
const block = 16;

/** Hyper-parameters that every formula has a use for: a lower bound and an upper one, a slope, a threshold. */
const [a, b] = [0.3, 1.5];

const forward: Draw = (given) => {
  const n = given.size(most);
  const x = given.input(n);
  return { extent: n, outputs: [given.output(n)], arguments: ([out]) => [out, x, a, b] };
};

const backward: Draw = (given) => {
  const n = given.size(most);
  const accumulate = given.flag();
  const [dout, saved] = [given.input(n), given.input(n)];
  return {
    extent: n,
    outputs: [accumulate ? given.added(n) : given.output(n)],
    arguments: ([dx]) => [dx, dout, saved, a, b, +accumulate],
  };
};

const lossForward: Draw = (given) => {
  const n = given.size(most);
  const [x, target] = [given.input(n), given.input(n)];
  const blocks = Math.ceil(n / block);
  const wanted = given.flag();
  return {
    extent: blocks,
    outputs: [{ dtype: 'f64', size: blocks }, ...(wanted ? [given.output(n)] : [])],
    arguments: ([sums, out]) => [out ?? 0, sums, x, target, 1, n, block],
  };
};

const lossBackward: Draw = (given) => {
  const n = given.size(most);
  const [dout, x, target] = [given.optional(n), given.input(n), given.input(n)];
  return { extent: n, outputs: [given.output(n)], arguments: ([dx]) => [dx, dout, x, target, 1, 0.7] };
};

/** Logits or probabilities of [outer, period, inner], their targets, and weights that broadcast over them. */
function weighted(given: Given) {
  const [period, inner] = [given.size(9), given.choice([1, 1, given.size(40)])];
  const n = given.integer(1, 5) * period * inner;
  const uniform = () => Float64Array.from({ length: n }, () => given.random.uniform());
  const [x, target] = [given.input(n, given.flag() ? uniform() : given.numbers(n)), given.input(n, uniform())];
  const weights = [given.optional(period), given.optional(period)];
  return { n, operands: [x, target, ...weights, period, inner, period, inner] };
}

const weightedForward: Draw = (given) => {
  const { n, operands } = weighted(given);
  const blocks = Math.ceil(n / block);
  const wanted = given.flag();
  return {
    extent: blocks,
    outputs: [{ dtype: 'f64', size: blocks }, ...(wanted ? [given.output(n)] : [])],
    arguments: ([sums, out]) => [out ?? 0, sums, ...operands, n, block],
  };
};

const weightedBackward: Draw = (given) => {
  const { n, operands } = weighted(given);
  const dout = given.optional(n);
  return { extent: n, outputs: [given.output(n)], arguments: ([dx]) => [dx, dout, ...operands, 0.7] };
};

/** A step of an optimizer over a parameter and its state, of which some buffers may be absent, and the gradient. */
const step = (required: number, absent: number, numbers: readonly number[]): Draw => {
  return (given) => {
    const n = given.size(most);
    const grad = given.input(n);
    const present = Array.from({ length: required + absent }, (_, i) => i < required || given.flag());
    const variances = () => ({ ...given.added(n), initial: given.numbers(n).map(Math.abs) });
    return {
      extent: n,
      outputs: present.filter(Boolean).map((_, i) => (i === 0 ? given.added(n) : variances())),
      arguments: (outputs) => {
        const left = [...outputs];
        return [...present.map((is) => (is ? (left.shift() as number) : 0)), grad, ...numbers];
      },
    };
  };
};

/** x ← f(x, number). */
const inPlace: Draw = (given) => {
  const n = given.size(most);
  return { extent: n, outputs: [given.added(n)], arguments: ([x]) => [x, 0.7] };
};

/** One f64 for each block of elements. */
const normTerms: Draw = (given) => {
  const [n, block] = [given.size(most), given.size(100)];
  const [blocks, x] = [Math.ceil(n / block), given.input(n)];
  return {
    extent: blocks,
    outputs: [{ dtype: 'f64', size: blocks }],
    arguments: ([sums]) => [sums, x, n, block],
  };
};

const fromArray = (adds: boolean): Draw => {
  return (given) => {
    const n = given.size(most);
    const x = given.input(n);
    return { extent: n, outputs: [adds ? given.added(n) : given.output(n)], arguments: ([out]) => [out, x] };
  };
};

const random: Draw = (given) => {
  const n = given.size(most);
  const [seed, drawn] = [given.integer(0, 1000), 2 * given.integer(0, 1000)];
  return { extent: n, outputs: [given.output(n)], arguments: ([out]) => [out, -0.5, 2, seed, drawn] };
};

export const elementwise: Record<string, Draw> = {
  ...each(formulas, 'Forward', forward),
  ...each(formulas, 'Backward', backward),
  ...each(losses, 'Forward', lossForward),
  ...each(losses, 'Backward', lossBackward),
  ...each(weightedLosses, 'Forward', weightedForward),
  ...each(weightedLosses, 'Backward', weightedBackward),
  adamStep: step(3, 1, [0.01, 0.9, 0.999, 1.1, 1e-8, 0.99, 0.01, -1]),
  rmspropStep: step(2, 2, [0.01, 0.99, 1e-8, 0.9, 0.01, -1]),
  sgdStep: step(1, 1, [0.01, 0.9, 0.8, 1, 0.01, -1]),
  absoluteMax: normTerms,
  absoluteSum: normTerms,
  squareSum: normTerms,
  scaleInPlace: inPlace,
  clampInPlace: inPlace,
  accumulate: fromArray(true),
  copyElements: fromArray(false),
  randomUniform: random,
  randomNormal: random,

  fill: (given) => {
    const n = given.size(most);
    const value = given.choice([0, -0, 1.5, NaN]);
    return { extent: n, outputs: [given.added(n)], arguments: ([out]) => [out, value] };
  },

  fromInt: (given) => {
    const n = given.size(most);
    const x = given.integers(n, -(2 ** 31), 2 ** 31 - 1);
    return { extent: n, outputs: [given.output(n)], arguments: ([out]) => [out, x] };
  },

  dropout: (given) => {
    const n = given.size(most);
    const x = given.input(n);
    const numbers = [given.choice([0, 0.3, 1]), given.integer(0, 1000), given.integer(0, 1000)];
    return { extent: n, outputs: [given.output(n)], arguments: ([out]) => [out, x, ...numbers] };
  },
};
