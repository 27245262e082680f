import { page } from './heap.ts';
import { findNode, type Helper, hardwareThreads, makeHelper, obstacle, type WorkerSource } from './workers.ts';

/** What the builds with threads export besides kernels (assembly/lib/parallel.ts, assembly/share-out.mjs). */
interface ThreadExports {
  configure(threads: number, spins: number, maySleep: number, grain: number): void;
  controlBytes(): number;
  halt(why: number): void;
  placeWorkspaces(address: number, distance: number): void;
}

/** Why a core halts, as `halt` and `fail` have it. */
const disposed = 1;
const reasons: Record<number, string> = {
  [disposed]: 'the core was disposed',
  2: 'a helper thread failed in a kernel, whose result is incomplete: dispose of this core and make a new one',
  3: 'a helper thread does not answer, so that a result is incomplete: dispose of this core and make a new one',
};

/** Memory to share, that may grow to `most` bytes; less where the runtime cannot set aside addresses for so much. */
export function sharedMemory(most: number): { memory: WebAssembly.Memory; limit: number } {
  for (let pages = Math.floor(most / page); ; pages >>= 1) {
    try {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: pages, shared: true });
      return { memory, limit: pages * page };
    } catch (error) {
      if (pages < 1024) throw error;
    }
  }
}

/** How often a helper looks for work before it sleeps: a tenth of a millisecond or two, so that it is awake through a training step. */
const spins = 100_000;

/** Nanoseconds of work that are worth a share: tens of times what a share costs beyond its work (docs/measurements.md). */
const grain = 2000;

/** Milliseconds within which a helper must have started. */
const startLimit = 10_000;

/** The most threads there are. */
const most = 64;

/** The most threads that 'auto' stands for: beyond, the shares of most networks are small (docs/measurements.md). */
const mostByDefault = 16;

/** How many threads `asked` comes to here, and why that is less than what was asked for. */
export async function threadsFor(asked: 'auto' | number): Promise<{ threads: number; reason: string }> {
  await findNode();
  const threads = asked === 'auto' ? Math.min(hardwareThreads(), mostByDefault) : Math.min(asked, most);
  const reason = threads > 1 ? obstacle() : '';
  if (reason) return { threads: 1, reason };
  return { threads, reason: threads === asked || asked === 'auto' ? '' : `a core has at most ${most} threads` };
}

/** A core's helper threads, and its side of the control block. */
export class Threads {
  /** Threads in use, the caller's among them. */
  count = 1;
  /** Threads that have a workspace: those that have begun, also if they are gone. */
  started = 1;
  /** Why `count` is not what was asked for; empty when it is. */
  reason = '';
  private grain = grain;
  /** The module on the caller's side. */
  readonly instance: WebAssembly.Instance;
  private readonly exports: ThreadExports;
  private helpers: Helper[] = [];
  private isDisposed = false;

  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory) {
    const env = {
      memory,
      now: () => performance.now(),
      isGone: (thread: number) => Number(this.helpers[thread - 1]?.isGone() ?? false),
      fail(why: number): never {
        throw new Error(`simdgrad: ${reasons[why]}`);
      },
    };
    this.instance = new WebAssembly.Instance(module, { env });
    this.exports = this.instance.exports as unknown as ThreadExports;
    this.use(1);
  }

  /** Bytes at the start of memory that belong to the control block. */
  get controlBytes(): number {
    return this.exports.controlBytes();
  }

  /** Starts helpers, to be `count` threads with the caller. Where one does not start, none is left, and `reason` says why. */
  async start(
    count: number,
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    from?: WorkerSource,
  ): Promise<void> {
    const starting = Array.from({ length: count - 1 }, (_, i) =>
      this.startHelper({ module, memory, thread: i + 1 }, from),
    );
    try {
      await Promise.all(starting);
      this.use(count);
      this.started = count;
    } catch (error) {
      this.terminate();
      this.warn(`a helper thread did not start: ${(error as Error).message}`);
    }
  }

  /** Where the threads' workspaces lie, `distance` bytes apart. */
  placeWorkspaces(address: number, distance: number): void {
    this.exports.placeWorkspaces(address, distance);
  }

  /** Ends the helpers; kernels throw from now on. */
  dispose(): void {
    this.isDisposed = true;
    this.exports.halt(disposed);
    this.terminate();
    this.count = 1;
  }

  /** @internal Shares out everything, however small, for tests. */
  shareAll(): void {
    this.grain = 1e-6;
    this.use(this.count);
  }

  private startHelper(data: unknown, from: WorkerSource | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      let isReady = false;
      const ready = () => {
        clearTimeout(late);
        isReady = true;
        resolve();
      };
      const ended = (why: string) => {
        clearTimeout(late);
        if (isReady) this.lost(why);
        else reject(new Error(why));
      };
      const helper = makeHelper(from, ready, ended); // first, for it may throw
      const late = setTimeout(() => ended(`it said nothing for ${startLimit / 1000} s`), startLimit);
      this.helpers.push(helper);
      helper.postMessage(data);
    });
  }

  /** A helper is gone. Shares that it has not begun are done by others; one that it has, `join` waits for, and throws. */
  private lost(why: string): void {
    if (this.isDisposed || this.count === 1) return;
    this.use(this.count - 1);
    this.warn(`a helper thread is gone: ${why}`);
  }

  private use(count: number): void {
    this.count = count;
    this.exports.configure(count, count <= hardwareThreads() ? spins : 0, Number(maySleep()), this.grain);
  }

  private warn(reason: string): void {
    this.reason = reason;
    console.warn(`simdgrad: ${reason}; threads in use: ${this.count}`);
  }

  private terminate(): void {
    for (const helper of this.helpers) helper.terminate();
    this.helpers = [];
  }
}

/** A browser's main thread may not sleep: it has to look again and again. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}
