// Elementary functions to 250 binary places after the point, in whole numbers: v stands for v·2⁻²⁵⁰. What float64
// results are measured against. The series are summed until their terms vanish.

const places = 250n;
const one = 1n << places;

const times = (a: bigint, b: bigint): bigint => (a * b) >> places;
const over = (a: bigint, b: bigint): bigint => (a << places) / b;

/** A float64 as such a number (what lies beyond the places is dropped). */
export function fixed(x: number): bigint {
  let exponent = 0;
  let m = x;
  while (!Number.isInteger(m)) {
    m *= 2;
    exponent++;
  }
  return (BigInt(m) << places) >> BigInt(exponent);
}

/** The float64 nearest to such a number, to a few ulp; for small differences and their ratios. */
export function float(v: bigint): number {
  const bits = v.toString(2).length;
  const drop = BigInt(Math.max(bits - 60, 0));
  return Number(v >> drop) * 2 ** (Number(drop) - Number(places));
}

const ln2 = logNear1(one / 2n) * -1n;

/** eˣ: 2ⁿ·e^(r·2⁸), the series at |r| < ln2/2⁸, squared back. */
export function exp(x: bigint): bigint {
  const n = x / ln2;
  const r = (x - n * ln2) >> 8n;
  let term = one;
  let sum = one;
  for (let k = 1n; term !== 0n && term !== -1n; k++) {
    term = times(term, r) / k;
    sum += term;
  }
  for (let i = 0; i < 8; i++) sum = times(sum, sum);
  return n >= 0n ? sum << n : sum >> -n;
}

/** log x = log m + shift·ln 2, m in [½, 1). */
export function log(x: bigint): bigint {
  const shift = BigInt(x.toString(2).length) - places;
  const m = shift >= 0n ? x >> shift : x << -shift;
  return logNear1(m) + shift * ln2;
}

/** log m for m about 1: 2·artanh(s), s = (m − 1)/(m + 1). */
function logNear1(m: bigint): bigint {
  const s = over(m - one, m + one);
  const square = times(s, s);
  let power = s;
  let sum = 0n;
  for (let k = 1n; power !== 0n && power !== -1n; k += 2n) {
    sum += power / k;
    power = times(power, square);
  }
  return 2n * sum;
}

export function tanh(x: bigint): bigint {
  const e = exp(2n * x);
  return over(e - one, e + one);
}

export const sigmoid = (x: bigint): bigint => over(one, one + exp(-x));

export const expm1 = (x: bigint): bigint => exp(x) - one;

/** log(1 + eˣ). */
export const softplus = (x: bigint): bigint => log(one + exp(x));

const rootOfPi = squareRoot(pi());

/** erf x = 2/√π·e^(−x²)·Σ (2x²)ⁿ·x/(1·3·…·(2n + 1)); ±1 beyond 10, where it differs from that by 2⁻¹⁴⁸ at most. */
export function erf(x: bigint): bigint {
  if (x > 10n * one) return one;
  if (x < -10n * one) return -one;
  const square = times(x, x);
  let term = x;
  let sum = x;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = (times(term, square) * 2n) / (2n * n + 1n);
    sum += term;
  }
  return over(2n * times(exp(-square), sum), rootOfPi);
}

/** Machin: π = 16·arctan(1/5) − 4·arctan(1/239). */
function pi(): bigint {
  const arctan = (inverse: bigint) => {
    let power = one / inverse;
    let sum = 0n;
    for (let k = 1n; power !== 0n; k += 2n) {
      sum += k % 4n === 1n ? power / k : -power / k;
      power /= inverse * inverse;
    }
    return sum;
  };
  return 16n * arctan(5n) - 4n * arctan(239n);
}

function squareRoot(v: bigint): bigint {
  let root = fixed(Math.sqrt(float(v)));
  for (let i = 0; i < 4; i++) root = (root + over(v, root)) / 2n;
  return root;
}
