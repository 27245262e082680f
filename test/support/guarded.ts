import { expect } from 'vitest';
import { arrayOf, type DType, type TypedArray } from '../../src/dtype.ts';
import type { Core } from '../../src/index.ts';
import { sameBits } from './bits.ts';

const guardBytes = 64;
/** 0xff bytes are NaN in f32 and f64: a kernel that reads a guard poisons its result, one that writes it is seen. */
const guard = 0xff;

/**
 * Buffers in linear memory between guard words that start right at the first and end right after the last element.
 * `verify()` throws when a guard or an input has changed.
 */
export class Guarded {
  private readonly core: Core;
  private readonly blocks: { start: number; bytes: number; input?: Uint8Array; label: string }[] = [];

  constructor(core: Core) {
    this.core = core;
  }

  /** The address of a copy of `values`, which no kernel may change. */
  input(dtype: DType, values: ArrayLike<number>): number {
    return this.place(dtype, values, true);
  }

  /** The address of a buffer that a kernel writes; it starts as `initial` (for accumulation), or as NaN. */
  output(dtype: DType, size: number, initial?: ArrayLike<number>): number {
    return this.place(dtype, initial ?? new Float64Array(size).fill(dtype === 'i32' ? -1 : NaN), false);
  }

  /** The address of `bytes` bytes of workspace, which hold NaN. Where there are threads, each gets as many. */
  workspace(bytes: number): number {
    this.core.memory.scratch(bytes);
    return this.placeBytes(new Uint8Array(bytes).fill(guard), false);
  }

  /** A copy of the elements at an address handed out here. */
  read(dtype: DType, address: number, size: number): TypedArray {
    return new (arrayOf(dtype))(this.core.memory.buffer, address, size).slice();
  }

  /** Checks every guard and every input, then frees all. */
  verify(): void {
    for (const { start, bytes, input, label } of this.blocks) {
      const block = new Uint8Array(this.core.memory.buffer, start, bytes + 2 * guardBytes);
      const guards = [block.subarray(0, guardBytes), block.subarray(guardBytes + bytes)];
      if (!guards.every((words) => words.every((byte) => byte === guard))) {
        expect.fail(`${label}: written out of bounds`);
      }
      if (input && !sameBits(input, block.subarray(guardBytes, guardBytes + bytes))) {
        expect.fail(`${label} changed`);
      }
      this.core.memory.free(start);
    }
    this.blocks.length = 0;
  }

  private place(dtype: DType, values: ArrayLike<number>, isInput: boolean): number {
    const data = arrayOf(dtype).from(values as number[]);
    return this.placeBytes(new Uint8Array(data.buffer), isInput);
  }

  private placeBytes(data: Uint8Array, isInput: boolean): number {
    const bytes = data.byteLength;
    const start = this.core.memory.allocate(bytes + 2 * guardBytes);
    const block = new Uint8Array(this.core.memory.buffer, start, bytes + 2 * guardBytes).fill(guard);
    block.set(data, guardBytes);
    const label = `${isInput ? 'input' : 'output'} ${this.blocks.length}`;
    this.blocks.push({ start, bytes, label, ...(isInput && { input: data }) });
    return start + guardBytes;
  }
}
