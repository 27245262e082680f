// Kernels whose range counts rows, samples or columns: softmax, cross entropy, layer normalisation, gradients of biases.

import type { Draw, Given } from '../../support/cuts.ts';

/** [outer, C, inner] around the axis of length C; now and then longer than a part of a long sum. */
function lines(given: Given) {
  const inner = given.flag() ? 1 : 1 + given.size(20);
  const C = inner === 1 && given.integer(0, 5) === 0 ? given.integer(1020, 1100) : given.size(70);
  const count = given.integer(1, 6) * inner;
  return { C, inner, count, size: count * C };
}

const softmaxForward: Draw = (given) => {
  const { C, inner, count, size } = lines(given);
  const x = given.input(size);
  return { extent: count, outputs: [given.output(size)], arguments: ([out]) => [out, x, C, inner] };
};

const softmaxBackward: Draw = (given) => {
  const { C, inner, count, size } = lines(given);
  const [dout, y] = [given.input(size), given.input(size)];
  return { extent: count, outputs: [given.output(size)], arguments: ([dx]) => [dx, dout, y, C, inner] };
};

/** A label that is ignored; labels are from −1 on, so that some are. */
const ignoreIndex = -1;

const crossEntropyForward = (labels: boolean): Draw => {
  return (given) => {
    const { C, inner, count, size } = lines(given);
    const x = given.input(size);
    const target = labels ? given.integers(count, ignoreIndex, C - 1) : given.input(size);
    const numbers = [target, given.optional(C), C, inner, given.choice([0, 0.1]), ...(labels ? [ignoreIndex] : [])];
    return {
      extent: count,
      outputs: Array.from({ length: 4 }, () => given.output(count)),
      arguments: (outputs) => [...outputs, x, ...numbers],
    };
  };
};

const crossEntropyBackward = (labels: boolean): Draw => {
  return (given) => {
    const { C, inner, count, size } = lines(given);
    const [dout, x] = [given.optional(count), given.input(size)];
    const target = labels ? given.integers(count, ignoreIndex, C - 1) : given.input(size);
    const weight = given.optional(C);
    const saved = [given.input(count), given.positives(count), given.positives(count)];
    const numbers = [C, inner, given.choice([0, 0.1]), ...(labels ? [ignoreIndex] : []), 0.7];
    return {
      extent: count,
      outputs: [given.output(size)],
      arguments: ([dx]) => [dx, dout, x, target, weight, ...saved, ...numbers],
    };
  };
};

export const rows: Record<string, Draw> = {
  softmaxForward,
  softmaxBackward,
  logSoftmaxForward: softmaxForward,
  logSoftmaxBackward: softmaxBackward,
  crossEntropyForward: crossEntropyForward(true),
  crossEntropyBackward: crossEntropyBackward(true),
  crossEntropySoftForward: crossEntropyForward(false),
  crossEntropySoftBackward: crossEntropyBackward(false),

  nllForward: (given) => {
    const { C, inner, count, size } = lines(given);
    const numbers = [given.input(size), given.integers(count, ignoreIndex, C - 1), given.optional(C)];
    return {
      extent: count,
      outputs: [given.output(count)],
      arguments: ([loss]) => [loss, ...numbers, C, inner, ignoreIndex],
    };
  },

  nllBackward: (given) => {
    const { C, inner, count, size } = lines(given);
    const numbers = [given.optional(count), given.integers(count, ignoreIndex, C - 1), given.optional(C)];
    return {
      extent: count,
      outputs: [given.output(size)],
      arguments: ([dx]) => [dx, ...numbers, C, inner, ignoreIndex, 0.7],
    };
  },

  layerNormForward: (given) => {
    const [count, C] = [given.size(20), given.size(100)];
    const inputs = [given.input(count * C), given.optional(C), given.optional(C)];
    return {
      extent: count,
      outputs: [count * C, count, count].map((size) => given.output(size)),
      arguments: (outputs) => [...outputs, ...inputs, C, 1e-5],
    };
  },

  layerNormBackward: (given) => {
    const [rows, C, together] = [given.size(100), given.size(100), given.integer(1, 20)];
    const blocks = Math.ceil(rows / together);
    const [dout, x, weight] = [given.input(rows * C), given.input(rows * C), given.input(C)];
    const [mean, rstd] = [given.input(rows), given.positives(rows)];
    const wantsDx = given.choice([true, false]);
    const sums = given.output(2 * blocks * C);
    return {
      extent: blocks,
      outputs: wantsDx ? [sums, given.output(rows * C)] : [sums],
      arguments: ([sums, dx]) => [dx ?? 0, sums, dout, x, weight, mean, rstd, C, rows, together],
    };
  },

  linearBackwardBias: (given) => {
    const [M, O] = [given.size(70), given.size(130)];
    const dout = given.input(M * O);
    return { extent: O, outputs: [given.added(O)], arguments: ([dbias]) => [dbias, dout, M, O] };
  },

  conv2dBackwardBias: (given) => {
    const [N, O, P] = [given.integer(1, 3), given.size(20), given.size(130)];
    const dout = given.input(N * O * P);
    return { extent: O, outputs: [given.added(O)], arguments: ([dbias]) => [dbias, dout, N, O, P] };
  },
};
