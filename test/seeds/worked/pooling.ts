import type { Matrix } from './matrix.ts';

/** The windows of a pooling: for each output, the places in x (row-major) that its window covers. */
function windows(H: number, W: number, k: number, stride: number, padding: number): number[][] {
  const OH = Math.floor((H + 2 * padding - k) / stride) + 1;
  const OW = Math.floor((W + 2 * padding - k) / stride) + 1;
  return Array.from({ length: OH * OW }, (_, at) => {
    const top = Math.floor(at / OW) * stride - padding;
    const left = (at % OW) * stride - padding;
    const places: number[] = [];
    for (let i = Math.max(top, 0); i < Math.min(top + k, H); i++) {
      for (let j = Math.max(left, 0); j < Math.min(left + k, W); j++) places.push(i * W + j);
    }
    return places;
  });
}

function maxPool(x: Matrix, dout: number[], k: number, stride: number) {
  const values = x.flat();
  const argmax = windows(x.length, x[0].length, k, stride, 0).map((places) =>
    places.reduce((best, place) => (values[place] > values[best] ? place : best)),
  );
  const dx = values.map(() => 0);
  argmax.forEach((place, at) => {
    dx[place] += dout[at];
  });
  return { x, dout, argmax, out: argmax.map((place) => values[place]), dx };
}

function avgPool(x: Matrix, dout: number[], k: number, stride: number, padding: number, countIncludePad: boolean) {
  const values = x.flat();
  const all = windows(x.length, x[0].length, k, stride, padding);
  const counts = all.map((places) => (countIncludePad ? k * k : places.length));
  const dx = values.map(() => 0);
  all.forEach((places, at) => {
    for (const place of places) dx[place] += dout[at] / counts[at];
  });
  const out = all.map((places, at) => places.reduce((total, place) => total + values[place], 0) / counts[at]);
  return { x, dout, counts, out, dx };
}

/** Kernel 2, stride 2; the lower left window has a tie. */
export const maxpool = maxPool(
  [
    [1, 3, 2, 0],
    [4, 2, 1, 5],
    [6, 0, 2, 1],
    [6, 1, 0, 3],
  ],
  [1, 2, 3, 4],
  2,
  2,
);

/** Kernel 2, stride 1: the 9 in the middle wins every window. */
export const overlap = maxPool(
  [
    [1, 2, 3],
    [4, 9, 5],
    [6, 7, 8],
  ],
  [1, 2, 3, 4],
  2,
  1,
);

const image: Matrix = [
  [4, 0, 6],
  [8, 1, 3],
  [2, 5, 7],
];

/** Kernel 2, stride 2, padding 1. */
export const avgpool = {
  padCounted: avgPool(image, [4, 8, 12, 16], 2, 2, 1, true),
  padLeftOut: avgPool(image, [4, 8, 12, 16], 2, 2, 1, false),
};
