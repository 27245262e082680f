import type { Operand } from './problem.ts';

/** Numbers for operands, the same in every run. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** Uniform in [0, 1): a step of mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  uniform(shape: readonly number[], from: number, to: number): Operand {
    return { shape, values: Float32Array.from({ length: size(shape) }, () => from + (to - from) * this.next()) };
  }

  /** Standard normal, by Box and Muller. */
  normal(shape: readonly number[]): Operand {
    const draw = () => Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
    return { shape, values: Float32Array.from({ length: size(shape) }, draw) };
  }

  labels(count: number, classes: number): Operand {
    return { shape: [count], values: Int32Array.from({ length: count }, () => Math.floor(this.next() * classes)) };
  }
}

const size = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);
