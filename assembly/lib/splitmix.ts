// Random bits by counter: draw i of seed s is SplitMix64's output number i, a function of (s, i) alone
// (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"). There is no state to share, so
// any part of a tensor can be drawn by any thread with the same result.

// @ts-ignore: decorator
@inline
function mix(z: u64): u64 {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

const gamma: u64 = 0x9e3779b97f4a7c15;

/** What a seed contributes to each of its draws. The seed comes from JavaScript as a whole number below 2^53. */
// @ts-ignore: decorator
@inline
export function streamOf(seed: f64): u64 {
  return mix(<u64>seed + gamma);
}

/** The 64 random bits of draw `index` of a stream. */
// @ts-ignore: decorator
@inline
export function drawOf(stream: u64, index: u64): u64 {
  return mix(stream + (index + 1) * gamma);
}

/** The 64 random bits of draw `index` under `seed`. Both come from JavaScript as whole numbers below 2^53. */
// @ts-ignore: decorator
@inline
export function randomBits(seed: f64, index: f64): u64 {
  return drawOf(streamOf(seed), <u64>index);
}

/** Uniform in [0, 1) with 53 random bits. */
// @ts-ignore: decorator
@inline
export function uniform01(seed: f64, index: f64): f64 {
  return <f64>(randomBits(seed, index) >> 11) * (1.0 / 9007199254740992.0);
}
