/** Statistics of a core's memory. */
export interface MemoryStats {
  /** Bytes handed out now: tensors, layer buffers and scratch, in whole blocks. */
  liveBytes: number;
  /** The most `liveBytes` has been. */
  peakBytes: number;
  /** Tensors that hold memory now (views share their owner's). */
  liveTensors: number;
  /** Bytes that the wasm memory spans; it grows and never shrinks. */
  reservedBytes: number;
}

/** Thrown when linear memory cannot grow enough. Every tensor stays as it was. */
export class OutOfMemoryError extends RangeError {
  override name = 'OutOfMemoryError';
}

/** What the heap does for threads: it keeps away from their control block, and gives each of them a workspace. */
export interface ThreadsOfHeap {
  readonly controlBytes: number;
  readonly started: number;
  placeWorkspaces(address: number, distance: number): void;
}

/** Blocks start and end on cache lines, so that no two tensors share one and every vector load is aligned. */
const line = 64;
/** Bytes by which a memory grows. */
export const page = 65536;

/**
 * The allocator of linear memory: best fit over address-ordered holes that merge when neighbours are freed.
 * Book-keeping lives on the JavaScript side, so nothing in linear memory can corrupt it. Address 0 is never
 * handed out: kernels read it as "no tensor".
 */
export class Heap {
  private memory: WebAssembly.Memory;
  private readonly limit: number;
  private readonly threads: ThreadsOfHeap | undefined;
  private readonly blocks = new Map<number, number>();
  private holes: { start: number; end: number }[] = [];
  private end: number;
  private live = 0;
  private peak = 0;
  private scratchAt = 0;
  private scratchBytes = 0;
  liveTensors = 0;
  /** Whether the core was disposed. */
  isDisposed = false;

  /** `limit`: the bytes that `memory` may span at most. */
  constructor(memory: WebAssembly.Memory, limit: number, threads?: ThreadsOfHeap) {
    this.memory = memory;
    this.limit = limit;
    this.threads = threads;
    this.end = threads?.controlBytes ?? line;
  }

  /** The buffer that views are made on. It changes when memory grows. */
  get buffer(): ArrayBuffer {
    return this.memory.buffer as ArrayBuffer;
  }

  /** Lets go of the memory; no block can be had any more. */
  dispose(): void {
    this.isDisposed = true;
    this.memory = new WebAssembly.Memory({ initial: 0 });
    this.blocks.clear();
    this.holes = [];
    this.live = this.liveTensors = this.scratchAt = this.scratchBytes = 0;
  }

  stats(): MemoryStats {
    return {
      liveBytes: this.live,
      peakBytes: this.peak,
      liveTensors: this.liveTensors,
      reservedBytes: this.memory.buffer.byteLength,
    };
  }

  /** The address of a new block of at least `bytes`; its contents are undefined. Throws OutOfMemoryError. */
  allocate(bytes: number): number {
    if (this.isDisposed) throw new Error('simdgrad: the core was disposed');
    const size = Math.max(line, Math.ceil(bytes / line) * line);
    const start = this.takeHole(size) ?? this.extend(size);
    this.blocks.set(start, size);
    this.live += size;
    this.peak = Math.max(this.peak, this.live);
    return start;
  }

  /** Gives a block back. */
  free(start: number): void {
    if (this.isDisposed) return;
    const size = this.blocks.get(start);
    if (size === undefined) throw new Error(`simdgrad: internal error: ${start} is not an allocated block`);
    this.blocks.delete(start);
    this.live -= size;
    this.addHole(start, start + size);
  }

  /**
   * A block for one kernel call's own use, valid until the next call of `scratch`; each helper thread has another like it. One block
   * serves all calls and grows to the largest request, so that warm steps allocate nothing; where it cannot grow, it stays as
   * large as it was.
   */
  scratch(bytes: number): number {
    if (bytes > this.scratchBytes) {
      if (this.scratchAt) this.free(this.scratchAt); // first, for the larger block may lie there
      try {
        this.placeScratch(bytes);
      } catch (error) {
        if (this.scratchAt) this.placeScratch(this.scratchBytes);
        throw error;
      }
    }
    return this.scratchAt;
  }

  private placeScratch(bytes: number): void {
    const distance = Math.ceil(bytes / line) * line;
    this.scratchAt = this.allocate(distance * (this.threads?.started ?? 1));
    this.scratchBytes = bytes;
    this.threads?.placeWorkspaces(this.scratchAt, distance);
  }

  private takeHole(size: number): number | undefined {
    let best = -1;
    for (let i = 0; i < this.holes.length; i++) {
      const room = this.holes[i].end - this.holes[i].start;
      if (room >= size && (best < 0 || room < this.holes[best].end - this.holes[best].start)) best = i;
    }
    if (best < 0) return undefined;
    const hole = this.holes[best];
    const start = hole.start;
    hole.start += size;
    if (hole.start === hole.end) this.holes.splice(best, 1);
    return start;
  }

  /** Takes from beyond the last block, growing the memory by at least an eighth so that growth stays rare. */
  private extend(size: number): number {
    const last = this.holes.at(-1);
    const start = last && last.end === this.end ? last.start : this.end;
    const needed = start + size;
    const span = this.memory.buffer.byteLength;
    if (needed > span && !(this.grow(Math.max(needed, Math.min(span + span / 8, this.limit))) || this.grow(needed))) {
      throw new OutOfMemoryError(
        `simdgrad: out of memory: ${size} bytes do not fit, ${this.live} of at most ${this.limit} bytes are in use`,
      );
    }
    if (start !== this.end) this.holes.pop();
    this.end = needed;
    return start;
  }

  private grow(bytes: number): boolean {
    const span = this.memory.buffer.byteLength;
    if (bytes <= span) return true;
    if (bytes > this.limit) return false;
    try {
      this.memory.grow(Math.ceil((bytes - span) / page));
      return true;
    } catch {
      return false;
    }
  }

  private addHole(start: number, end: number): void {
    let i = this.holes.findIndex((hole) => hole.start > start);
    if (i < 0) i = this.holes.length;
    const before = this.holes[i - 1];
    const after = this.holes[i];
    if (before?.end === start) {
      before.end = end;
      if (after?.start === end) {
        before.end = after.end;
        this.holes.splice(i, 1);
      }
    } else if (after?.start === end) {
      after.start = start;
    } else {
      this.holes.splice(i, 0, { start, end });
    }
  }
}
