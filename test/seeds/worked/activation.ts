/** erf by its series, good to float64 for the small arguments here. */
function erf(x: number): number {
  let total = 0;
  let power = x;
  for (let n = 0; n < 60; n++) {
    total += power / (2 * n + 1);
    power *= (-x * x) / (n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const cdf = (x: number) => 0.5 * (1 + erf(x / Math.SQRT2));
const pdf = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

const cubic = 0.044715;
const u = (x: number) => Math.sqrt(2 / Math.PI) * (x + cubic * x ** 3);
const du = (x: number) => Math.sqrt(2 / Math.PI) * (1 + 3 * cubic * x ** 2);

/** f and f′, as written in the derivations. */
export const functions = {
  sigmoid: { f: logistic, df: (x: number) => logistic(x) * (1 - logistic(x)) },
  tanh: { f: Math.tanh, df: (x: number) => 1 - Math.tanh(x) ** 2 },
  silu: {
    f: (x: number) => x * logistic(x),
    df: (x: number) => logistic(x) * (1 + x * (1 - logistic(x))),
  },
  gelu: { f: (x: number) => x * cdf(x), df: (x: number) => cdf(x) + x * pdf(x) },
  geluTanh: {
    f: (x: number) => 0.5 * x * (1 + Math.tanh(u(x))),
    df: (x: number) => 0.5 * (1 + Math.tanh(u(x))) + 0.5 * x * (1 - Math.tanh(u(x)) ** 2) * du(x),
  },
};

export const points = [-1, 0, 1, 2];

/** A row of the table: f at every point, then f′ at every point. */
const row = ({ f, df }: { f: (x: number) => number; df: (x: number) => number }) => [
  ...points.map(f),
  ...points.map(df),
];

export const activation = {
  cubic,
  points,
  sigmoid: row(functions.sigmoid),
  tanh: row(functions.tanh),
  silu: row(functions.silu),
  gelu: row(functions.gelu),
  geluTanh: row(functions.geluTanh),
};
