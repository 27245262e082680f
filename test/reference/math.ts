/** erf in float64: the series Σ for small |x|, the continued fraction of erfc beyond. */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 60; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  return Math.sign(x) * (1 - erfcLarge(z));
}

/** Φ(x) = ½·erfc(−x/√2), from erfc itself where 1 + erf would cancel. */
export function normalCdf(x: number): number {
  const t = x / Math.SQRT2;
  return t < -1 ? erfcLarge(-t) / 2 : (1 + erf(t)) / 2;
}

/** erfc(z) = e^(−z²)/√π · 1/(z + ½/(z + 1/(z + 1½/(z + …)))). */
function erfcLarge(z: number): number {
  if (z > 30) return 0;
  let fraction = 0;
  for (let n = 400; n > 0; n--) fraction = n / 2 / (z + fraction);
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / (z + fraction);
}

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** log(1 + eˣ). */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
