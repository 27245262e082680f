const mask64 = (1n << 64n) - 1n;

/** SplitMix64's finaliser (Steele, Lea, Flood 2014). */
function mix(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64;
  return z ^ (z >> 31n);
}

/** Draw `index` of `seed`, uniform in [0, 1) with 53 bits. */
export function uniform(seed: number, index: number): number {
  const gamma = 0x9e3779b97f4a7c15n;
  const stream = mix((BigInt(seed) + gamma) & mask64);
  return Number(mix((stream + (BigInt(index) + 1n) * gamma) & mask64) >> 11n) / 2 ** 53;
}

/** Inverted dropout by an explicit mask of factors 0 and 1/(1 − p). */
export function dropout(x: ArrayLike<number>, p: number, seed: number, drawn: number): Float64Array {
  const mask = Float64Array.from({ length: x.length }, (_, i) => (uniform(seed, drawn + i) < p ? 0 : 1 / (1 - p)));
  return mask.map((factor, i) => factor * x[i]);
}
