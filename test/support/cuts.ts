// Whether a kernel's results depend on how its range [begin, end) is divided.
//
// Threads work at the same time on the same outputs. So every part runs alone here, on the outputs as they were at first and
// in a workspace of its own: it must find all that it needs there, and no element may be changed by two parts. The parts
// laid over each other must be, bit by bit, what one call over the whole range gives.

import { expect } from 'vitest';
import { arrayOf, type DType, type TypedArray } from '../../src/dtype.ts';
import type { Core, FloatDType } from '../../src/index.ts';
import { Guarded } from './guarded.ts';
import { Random } from './random.ts';

/** A buffer that a kernel writes; it starts as `initial` (for accumulation), or as NaN. */
export interface Output {
  dtype: DType;
  size: number;
  initial?: ArrayLike<number>;
}

/** One call of a kernel, to be cut. */
export interface Work {
  /** The whole range is [0, extent). */
  extent: number;
  outputs: readonly Output[];
  /** Bytes of workspace. */
  workspace?: number;
  /** What the kernel takes before begin and end, from the addresses of the outputs and of the workspace. */
  arguments(outputs: readonly number[], workspace: number): readonly number[];
}

/** Makes up a call: sizes, inputs and options. */
export type Draw = (given: Given) => Work;

/** Random sizes, and inputs between guard words. */
export class Given {
  readonly core: Core;
  readonly dtype: FloatDType;
  readonly random: Random;
  readonly memory: Guarded;
  readonly lanes: number;

  constructor(core: Core, dtype: FloatDType, seed: number) {
    this.core = core;
    this.dtype = dtype;
    this.random = new Random(seed);
    this.memory = new Guarded(core);
    this.lanes = dtype === 'f32' ? 4 : 2;
  }

  get kernels() {
    return this.core.kernels[this.dtype];
  }

  integer(low: number, high: number): number {
    return this.random.integer(low, high);
  }

  flag(): boolean {
    return this.random.uniform() < 0.5;
  }

  choice<T>(of: readonly T[]): T {
    return of[this.integer(0, of.length - 1)];
  }

  /** A size around those of vectors and of what loops take at a time, or any, up to `most`. */
  size(most: number): number {
    const L = this.lanes;
    const near = [1, L - 1, L, L + 1, 2 * L, 4 * L - 1, 4 * L, 4 * L + 1, 16 * L, 16 * L + 3, 40 * L + 1];
    const sizes = near.filter((size) => size <= most);
    return this.flag() ? this.choice(sizes) : this.integer(1, most);
  }

  /** Normal numbers with all digits of their type, now and then with NaN, infinities and zeros among them. */
  numbers(count: number): Float64Array {
    // With all of f64's digits: sums of f32 numbers are exact in f64, whatever their order.
    const values = this.random.normals(count).map((value) => value * Math.PI);
    if (this.integer(0, 3) === 0) {
      for (let i = this.integer(1, 3); i > 0; i--) {
        values[this.integer(0, count - 1)] = this.choice([NaN, Infinity, -Infinity, 0, -0]);
      }
    }
    return values;
  }

  /** The address of so many numbers, or of `values`. */
  input(count: number, values: ArrayLike<number> = this.numbers(count)): number {
    return this.memory.input(this.dtype, values);
  }

  /** The same, or 0: absent. */
  optional(count: number): number {
    return this.flag() ? this.input(count) : 0;
  }

  /** Positive numbers: variances, sums of exponentials. */
  positives(count: number): number {
    return this.input(count, this.numbers(count).map(Math.abs));
  }

  /** Whole numbers from `low` to `high`. */
  integers(count: number, low: number, high: number): number {
    return this.memory.input(
      'i32',
      Int32Array.from({ length: count }, () => this.integer(low, high)),
    );
  }

  /** What a kernel overwrites. */
  output(size: number): Output {
    return { dtype: this.dtype, size };
  }

  /** What a kernel adds to, or of which it leaves something as it is. */
  added(size: number): Output {
    return { dtype: this.dtype, size, initial: this.numbers(size) };
  }
}

/** The outputs of one call over the whole range, as words of 4 bytes. NaN is one number: WebAssembly leaves its sign open. */
export function outputsOf(kernel: string, draw: Draw, given: Given): Uint32Array[] {
  const { core, memory } = given;
  const work = draw(given);
  const workspace = memory.workspace(work.workspace ?? 0);
  const outputs = work.outputs.map(({ dtype, size, initial }) => memory.output(dtype, size, initial));
  callOf(kernel, given)(...work.arguments(outputs, workspace), 0, work.extent);
  const words = work.outputs.map(({ dtype, size }, i) => {
    const values: TypedArray = new (arrayOf(dtype))(core.memory.buffer, outputs[i], size).slice();
    return new Uint32Array(values.map((value) => (Number.isNaN(value) ? NaN : value)).buffer);
  });
  memory.verify();
  return words;
}

const callOf = (kernel: string, given: Given) =>
  (given.kernels as unknown as Record<string, (...numbers: number[]) => void>)[kernel];

/** Runs a kernel whole and in parts, and holds the parts to the whole. */
export function expectSameBits(kernel: string, draw: Draw, given: Given): void {
  const { core, memory } = given;
  const call = callOf(kernel, given);
  const work = draw(given);
  const bytes = work.workspace ?? 0;
  const workspace = memory.workspace(bytes);
  const outputs = work.outputs.map(({ dtype, size, initial }) => memory.output(dtype, size, initial));
  const sizes = work.outputs.map(({ dtype, size }) => size * arrayOf(dtype).BYTES_PER_ELEMENT);
  const words = () => outputs.map((at, i) => new Uint32Array(core.memory.buffer, at, sizes[i] / 4));
  const initial = words().map((of) => of.slice());

  /** The outputs after one call, all else being as at first. The workspace holds zeros or NaN: it must not matter. */
  const run = (begin: number, end: number, poison: number) => {
    for (const [i, of] of words().entries()) of.set(initial[i]);
    new Uint8Array(core.memory.buffer, workspace, bytes).fill(poison);
    call(...work.arguments(outputs, workspace), begin, end);
    return words().map((of) => of.slice());
  };

  const whole = run(0, work.extent, 0);
  const parts = partsOf(given.random, work.extent);
  const merged = initial.map((of) => of.slice());
  const owner = initial.map((of) => new Int32Array(of.length).fill(-1));
  for (const [part, [begin, end]] of parts.entries()) {
    for (const [i, got] of run(begin, end, 0xff).entries()) {
      for (let w = 0; w < got.length; w++) {
        if (got[w] === initial[i][w]) continue;
        if (owner[i][w] >= 0) {
          const where = `output ${i}, 4 bytes number ${w}`;
          expect.fail(`${where}: written by [${begin}, ${end}) and by [${parts[owner[i][w]]}) of ${work.extent}`);
        }
        owner[i][w] = part;
        merged[i][w] = got[w];
      }
    }
  }
  for (const [i, { dtype }] of work.outputs.entries()) {
    const [got, want] = [merged[i], whole[i]].map((of): TypedArray => new (arrayOf(dtype))(of.buffer));
    const at = got.findIndex((value, k) => !Object.is(value, want[k]));
    if (at < 0) continue;
    const shown = `arguments ${work.arguments(outputs, workspace).join(', ')}; parts ${parts.map((p) => `[${p})`).join(' ')}`;
    expect.fail(`output ${i}[${at}]: ${got[at]} in parts, ${want[at]} whole, of ${work.extent}; ${shown}`);
  }
  memory.verify();
}

/** One to eight parts of [0, extent), some of them empty, in any order. */
function partsOf(random: Random, extent: number): [begin: number, end: number][] {
  const cuts = Array.from({ length: random.integer(0, 7) }, () => random.integer(0, extent)).sort((a, b) => a - b);
  const bounds = [0, ...cuts, extent];
  const parts = bounds.slice(1).map((end, i): [number, number] => [bounds[i], end]);
  for (let i = parts.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [parts[i], parts[j]] = [parts[j], parts[i]];
  }
  return parts;
}
