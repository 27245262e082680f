/** A seeded stream of test data, independent of the library's own generator (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** `count` normal numbers that f32 holds exactly, so that an oracle and an f32 kernel start from the same. */
  normals(count: number, mean = 0, std = 1): Float64Array {
    return Float64Array.from({ length: count }, () => {
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      return Math.fround(mean + std * radius * Math.cos(2 * Math.PI * this.uniform()));
    });
  }
}
