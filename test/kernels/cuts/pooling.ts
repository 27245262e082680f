// Kernels whose range counts planes: poolings.

import { pool2dSizes, window2d } from '../../../src/geometry/pool2d.ts';
import type { Draw, Given, Work } from '../../support/cuts.ts';

/** Planes, and windows of which at least one lies in the padded image. */
function pooling(given: Given, dilates: boolean) {
  const sides = [9, 40].map((most) => {
    const K = given.integer(1, 5);
    const dilation = dilates ? given.integer(1, 3) : 1;
    const padding = given.integer(0, Math.min(2, Math.floor(K / 2)));
    const least = Math.max(1, (K - 1) * dilation + 1 - 2 * padding);
    return { K, dilation, padding, stride: given.integer(1, 4), size: least + given.size(most) - 1 };
  });
  if (given.integer(0, 3) === 0) {
    for (const side of sides) Object.assign(side, { K: 2, dilation: 1, padding: 0, stride: 2, size: side.size + 1 });
  }
  const both = <K extends keyof (typeof sides)[0]>(name: K) => [sides[0][name], sides[1][name]] as [number, number];
  const options = {
    stride: both('stride'),
    padding: both('padding'),
    dilation: both('dilation'),
    ceilMode: given.flag(),
  };
  const planes = given.size(9);
  const { H, W, OH, OW } = pool2dSizes('test', [planes, ...both('size')], window2d('test', both('K'), options));
  const sizes = [H, W, OH, OW, ...both('K'), ...options.stride, ...options.padding];
  return { planes, inSize: H * W, outSize: OH * OW, sizes, dilation: options.dilation };
}

function adaptive(given: Given) {
  const [planes, H, W, OH, OW] = [9, 12, 40, 6, 12].map((most) => given.size(most));
  const [oh, ow] = given.integer(0, 3) === 0 ? [1, 1] : [OH, OW];
  return { planes, inSize: H * W, outSize: oh * ow, sizes: [H, W, oh, ow] };
}

/** From x to out, or to out and, with `argmax`, the index of the maximum. */
const forward = (given: Given, argmax: boolean, made: ReturnType<typeof adaptive>, ...numbers: number[]) => {
  const { planes, inSize, outSize, sizes } = made;
  const x = given.input(planes * inSize);
  const size = planes * outSize;
  return {
    extent: planes,
    outputs: [given.output(size), ...(argmax ? [{ dtype: 'i32' as const, size }] : [])],
    arguments: (outputs: readonly number[]) => [...outputs, x, ...sizes, ...numbers],
  };
};

/** From dout to dx. */
const backward = (
  given: Given,
  { planes, inSize, outSize, sizes }: ReturnType<typeof adaptive>,
  ...numbers: number[]
) => {
  const dout = given.input(planes * outSize);
  return {
    extent: planes,
    outputs: [given.output(planes * inSize)],
    arguments: ([dx]: readonly number[]) => [dx, dout, ...sizes, ...numbers],
  };
};

/** Either pass of an average, which may count the padding and may have a divisor. */
function averaging(given: Given, pass: (made: ReturnType<typeof pooling>, ...numbers: number[]) => Work): Work {
  const made = pooling(given, false);
  const [, W, OH, OW, , KW, , strideW, , padW] = made.sizes;
  const work = pass(made, +given.flag(), given.choice([0, 7]));
  return {
    ...work,
    workspace: given.kernels.avgPool2dWorkspace(W, OH, OW, KW, strideW, padW),
    arguments: (outputs, workspace) => {
      const [to, from, ...rest] = work.arguments(outputs, workspace);
      return [to, from, workspace, ...rest];
    },
  };
}

export const poolings: Record<string, Draw> = {
  maxPool2dForward: (given) => {
    const made = pooling(given, true);
    return forward(given, true, made, ...made.dilation);
  },
  avgPool2dForward: (given) => averaging(given, (made, ...numbers) => forward(given, false, made, ...numbers)),
  avgPool2dBackward: (given) => averaging(given, (made, ...numbers) => backward(given, made, ...numbers)),
  adaptiveMaxPool2dForward: (given) => forward(given, true, adaptive(given)),
  adaptiveAvgPool2dForward: (given) => forward(given, false, adaptive(given)),
  adaptiveAvgPool2dBackward: (given) => backward(given, adaptive(given)),

  maxPool2dBackward: (given) => {
    if (given.flag()) {
      const [planes, OH, OW] = [9, 4, 70].map((most) => given.size(most));
      const [H, W] = [2 * OH + given.integer(0, 1), 2 * OW + given.integer(0, 1)];
      const dout = given.input(planes * OH * OW);
      const argmax = given.integers(planes * OH * OW, -1, H * W - 1);
      return {
        extent: planes,
        outputs: [given.output(planes * H * W)],
        arguments: ([dx]) => [dx, dout, argmax, H * W, OH * OW, W],
      };
    }
    const [planes, inSize, outSize] = [9, 130, 70].map((most) => given.size(most));
    const dout = given.input(planes * outSize);
    const argmax = given.integers(planes * outSize, -1, inSize - 1);
    return {
      extent: planes,
      outputs: [given.output(planes * inSize)],
      arguments: ([dx]) => [dx, dout, argmax, inSize, outSize, 0],
    };
  },
};
