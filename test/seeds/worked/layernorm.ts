import { dot, type Matrix, mean, sumRows } from './matrix.ts';

// Two rows whose deviations are whole numbers, so that σ = 3 and σ = 2 with ε = 0.
const x: Matrix = [
  [5, 3, 3, -3],
  [-1, 3, 3, -1],
];
const gamma = [1, 2, -1, 0.5];
const beta = [0, 1, 0, -1];
const dy: Matrix = [
  [1, 0, 2, -1],
  [2, 1, -1, 3],
];

export function forward(x: Matrix, gamma: number[], beta: number[]) {
  const rows = x.map((row) => {
    const mu = mean(row);
    const variance = mean(row.map((value) => (value - mu) ** 2));
    const r = 1 / Math.sqrt(variance);
    const xhat = row.map((value) => (value - mu) * r);
    return { mu, variance, r, xhat, y: xhat.map((value, c) => gamma[c] * value + beta[c]) };
  });
  return {
    mu: rows.map((row) => row.mu),
    variance: rows.map((row) => row.variance),
    r: rows.map((row) => row.r),
    xhat: rows.map((row) => row.xhat),
    y: rows.map((row) => row.y),
  };
}

const { mu, variance, r, xhat, y } = forward(x, gamma, beta);
const g = dy.map((row) => row.map((value, c) => gamma[c] * value));
const C = gamma.length;

/** The chain of the derivation, one line for each path: through σ², through μ, and direct. */
const chain = g.map((row, i) => {
  const deviation = x[i].map((value) => value - mu[i]);
  const dvariance = dot(row, deviation) * -0.5 * r[i] ** 3;
  const dmu = -r[i] * C * mean(row) + dvariance * -2 * mean(deviation);
  const dx = row.map((value, c) => value * r[i] + (dvariance * 2 * deviation[c]) / C + dmu / C);
  return { dvariance, dmu, dx };
});

const meanG = g.map(mean);
const meanGX = g.map((row, i) => mean(row.map((value, c) => value * xhat[i][c])));

export const layernorm = {
  ...{ x, gamma, beta, dy, mu, variance, r, xhat, y, g, meanG, meanGX },
  dvariance: chain.map((row) => row.dvariance),
  dmu: chain.map((row) => row.dmu),
  dxByChain: chain.map((row) => row.dx),
  dx: g.map((row, i) => row.map((value, c) => r[i] * (value - meanG[i] - xhat[i][c] * meanGX[i]))),
  dgamma: sumRows(dy.map((row, i) => row.map((value, c) => value * xhat[i][c]))),
  dbeta: sumRows(dy),
};
