const mask64 = (1n << 64n) - 1n;

/** SplitMix64's finaliser (Steele, Lea, Flood 2014). */
function mix(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask64;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask64;
  return z ^ (z >> 31n);
}

/** The 64 bits of draw `index` of `seed`. */
function draw(seed: number, index: number): bigint {
  const gamma = 0x9e3779b97f4a7c15n;
  const stream = mix((BigInt(seed) + gamma) & mask64);
  return mix((stream + (BigInt(index) + 1n) * gamma) & mask64);
}

/** Uniform in [0, 1) with 32 bits: the low half of a draw for an even element, its high half for the odd one after it. */
function uniform(seed: number, drawn: number, i: number): number {
  const bits = draw(seed, drawn + Math.floor(i / 2));
  return Number(i % 2 ? bits >> 32n : bits & 0xffffffffn) / 2 ** 32;
}

/** Inverted dropout by an explicit mask of factors 0 and 1/(1 − p). */
export function dropout(x: ArrayLike<number>, p: number, seed: number, drawn: number): Float64Array {
  const mask = Float64Array.from({ length: x.length }, (_, i) => (uniform(seed, drawn, i) < p ? 0 : 1 / (1 - p)));
  return mask.map((factor, i) => factor * x[i]);
}
