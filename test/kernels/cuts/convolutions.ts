// Convolutions: the range counts rows, images, taps or channels.

import type { Conv2dSizes } from '../../reference/conv2d.ts';
import type { Draw, Given, Output } from '../../support/cuts.ts';

const plain = { SH: 1, SW: 1, PH: 1, PW: 1, DH: 1, DW: 1, G: 1 };

/** With the output's height and width. */
function sized(s: Omit<Conv2dSizes, 'OH' | 'OW'>): Conv2dSizes {
  const extentOf = (size: number, K: number, stride: number, padding: number, dilation: number) =>
    Math.floor((size + 2 * padding - dilation * (K - 1) - 1) / stride) + 1;
  return { ...s, OH: extentOf(s.H, s.KH, s.SH, s.PH, s.DH), OW: extentOf(s.W, s.KW, s.SW, s.PW, s.DW) };
}

/** Small sizes of every kind. */
function smallSizes(given: Given): Conv2dSizes {
  const [G, KH, KW] = [given.integer(1, 3), given.integer(1, 4), given.integer(1, 5)];
  const [PH, PW, DH, DW] = [given.integer(0, 3), given.integer(0, 3), given.integer(1, 3), given.integer(1, 2)];
  return sized({
    N: given.integer(1, 3), C: G * given.integer(1, 4), O: G * given.integer(1, 9), G,
    H: Math.max(1, DH * (KH - 1) + 1 - 2 * PH) + given.integer(0, 9),
    W: Math.max(1, DW * (KW - 1) + 1 - 2 * PW) + given.integer(0, 18),
    KH, KW, SH: given.integer(1, 3), SW: given.integer(1, 3), PH, PW, DH, DW,
  }); // biome-ignore format: one line per pair of axes
}

/** Sizes of which each takes more than one block of something: taps, pixels, taps as rows, output channels, rows of pixels. */
const blocks = [
  sized({ ...plain, N: 2, C: 33, H: 5, W: 6, O: 5, KH: 3, KW: 3 }),
  sized({ ...plain, N: 1, C: 2, H: 27, W: 29, O: 3, KH: 3, KW: 2 }),
  sized({ ...plain, N: 1, C: 90, H: 3, W: 4, O: 2, KH: 3, KW: 3 }),
  sized({ ...plain, N: 2, C: 2, H: 4, W: 3, O: 260, KH: 2, KW: 1 }),
  sized({ ...plain, N: 1, C: 3, H: 40, W: 37, O: 7, KH: 3, KW: 5 }),
];

/** Sizes of every kind; seldom more than a block. */
const anySizes = (given: Given): Conv2dSizes => (given.integer(0, 5) === 0 ? given.choice(blocks) : smallSizes(given));

/** Each channel a group of its own; seldom with more rows than a band. */
function depthwiseSizes(given: Given): Conv2dSizes {
  const multiplier = given.integer(1, 3);
  if (given.integer(0, 5) === 0) {
    const s = {
      ...plain,
      N: 1,
      C: 1,
      H: 70,
      W: 100,
      O: multiplier,
      KH: given.integer(1, 4),
      KW: 3,
      SH: given.integer(1, 2),
    };
    return sized(s);
  }
  const s = smallSizes(given);
  return { ...s, G: s.C, O: s.C * multiplier };
}

/** Images, channels, height, width and output channels that take more than one block of tiles or channels. */
const winogradBlocks = [
  [3, 3, 41, 43, 5],
  [1, 70, 25, 27, 5],
  [1, 2, 3, 601, 3],
  [140, 5, 3, 3, 4],
  [2, 135, 4, 5, 3],
  [1, 6, 5, 3, 135],
];

/** Windows of 3×3 without stride; seldom more tiles or channels than a block. */
function winogradSizes(given: Given): Conv2dSizes {
  const [G, PH, PW] = [given.integer(1, 2), given.integer(0, 3), given.integer(0, 11)];
  const small = [3, 9, 12, 24, 9].map((most, i) => given.integer(i === 2 || i === 3 ? 3 : 1, most));
  const [N, C, H, W, O] = given.integer(0, 5) === 0 ? given.choice(winogradBlocks) : small;
  const [OH, OW] = [H + 2 * PH - 2 + given.integer(0, 1), W + 2 * PW - 2 + given.integer(0, 1)];
  return { ...plain, N, C: C * G, H, W, O: O * G, G, OH, OW, PH, PW, KH: 3, KW: 3 };
}

type Algorithm = 'conv2d' | 'depthwise' | 'winograd';
const sizesFor = { conv2d: anySizes, depthwise: depthwiseSizes, winograd: winogradSizes };

/** Writes the sizes at an address and returns it. */
function writeShape(given: Given, s: Conv2dSizes, at: number): number {
  // biome-ignore format: in the order of Conv2dShape
  given.kernels.conv2dShape(
    at, s.N, s.C, s.H, s.W, s.O, s.OH, s.OW, s.KH, s.KW, s.SH, s.SW, s.PH, s.PW, s.DH, s.DW, s.G,
  );
  return at;
}

/** The call of a kernel that takes its sizes as `shape`, with the workspace behind them. */
function shaped(
  given: Given,
  algorithm: Algorithm,
  s: Conv2dSizes,
  extent: number,
  output: Output,
  inputs: readonly number[],
  ...behind: number[]
) {
  const workspaceOf = (given.kernels as Given['core']['kernels']['f32'])[`${algorithm}Workspace`];
  return {
    extent,
    outputs: [output],
    workspace: workspaceOf(writeShape(given, s, given.core.memory.scratch(64))),
    arguments: ([out]: readonly number[], workspace: number) => [
      out,
      ...inputs,
      writeShape(given, s, workspace),
      ...behind,
    ],
  };
}

function passes(algorithm: Algorithm): Record<string, Draw> {
  const drawn = (given: Given) => {
    const s = sizesFor[algorithm](given);
    const sizes = { x: s.N * s.C * s.H * s.W, w: (s.O * s.C * s.KH * s.KW) / s.G, y: s.N * s.O * s.OH * s.OW };
    const rows = (pixels: number) => s.N * (algorithm === 'winograd' ? Math.ceil(pixels / 4) : pixels);
    return { s, sizes, rows };
  };
  return {
    [`${algorithm}Forward`]: (given) => {
      const { s, sizes, rows } = drawn(given);
      const inputs = [given.input(sizes.x), given.input(sizes.w), given.optional(s.O)];
      return shaped(given, algorithm, s, rows(s.OH), given.output(sizes.y), inputs);
    },
    [`${algorithm}BackwardInput`]: (given) => {
      const { s, sizes, rows } = drawn(given);
      const inputs = [given.input(sizes.y), given.input(sizes.w)];
      const accumulate = given.flag();
      const dx = accumulate ? given.added(sizes.x) : given.output(sizes.x);
      const extent = algorithm === 'winograd' ? rows(s.H) : s.N * s.C;
      return shaped(given, algorithm, s, extent, dx, inputs, +accumulate);
    },
    [`${algorithm}BackwardWeight`]: (given) => {
      const { s, sizes } = drawn(given);
      const inputs = [given.input(sizes.y), given.input(sizes.x)];
      const extent = {
        conv2d: (s.C / s.G) * s.KH * s.KW,
        depthwise: s.C,
        winograd: Math.max(s.C, s.O) / s.G,
      }[algorithm];
      return shaped(given, algorithm, s, extent, given.added(sizes.w), inputs);
    },
  };
}

/** The column matrix of all channels, where there are no output channels. */
function columns(given: Given) {
  const s = anySizes(given);
  const sizes = { x: s.N * s.C * s.H * s.W, columns: s.N * s.C * s.KH * s.KW * s.OH * s.OW };
  return { s: { ...s, O: s.C, G: 1 }, sizes, planes: s.N * s.C };
}

export const convolutions: Record<string, Draw> = {
  ...passes('conv2d'),
  ...passes('depthwise'),
  ...passes('winograd'),
  im2col: (given) => {
    const { s, sizes, planes } = columns(given);
    return shaped(given, 'conv2d', s, planes, given.output(sizes.columns), [given.input(sizes.x)]);
  },
  col2im: (given) => {
    const { s, sizes, planes } = columns(given);
    return shaped(given, 'conv2d', s, planes, given.output(sizes.x), [given.input(sizes.columns)]);
  },
};
