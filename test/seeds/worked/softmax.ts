import { sum } from './matrix.ts';

export const softmax = (z: readonly number[]) => {
  const largest = Math.max(...z);
  const e = z.map((value) => Math.exp(value - largest));
  return e.map((value) => value / sum(e));
};

/** −Σ t·log p. */
export const crossEntropy = (z: readonly number[], t: readonly number[]) =>
  -sum(softmax(z).map((p, k) => t[k] * Math.log(p)));

const z = [2, 1, 0];
const label = 0;
const smoothing = 0.3;

function example(t: number[]) {
  const p = softmax(z);
  return { t, loss: crossEntropy(z, t), dz: p.map((value, k) => value - t[k]) };
}

const oneHot = z.map((_, k) => Number(k === label));

export const softmaxLoss = {
  ...{ z, label, smoothing },
  p: softmax(z),
  hard: example(oneHot),
  smooth: example(oneHot.map((t) => (1 - smoothing) * t + smoothing / z.length)),
};
