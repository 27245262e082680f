import { checkInteger, checkOneOf, checkOptions } from '../check.ts';
import type { FloatDType } from '../dtype.ts';
import { Generator } from './generator.ts';
import { Heap, page } from './heap.ts';
import { isThreaded, type Kernels, kernelsOf } from './instantiate.ts';
import type { Threads } from './threads.ts';
import { compile, fastestSimd, type Simd } from './variant.ts';
import type { WorkerSource } from './workers.ts';

export interface CoreOptions {
  /** Which build to run: the fastest that this runtime can ('auto'), or a given one. */
  simd?: 'auto' | Simd;
  /**
   * How many threads kernels may use, this one among them (default 1); 'auto' is one for each of the machine's, 16 at most.
   * Results are the same to the last bit for every number. In a browser, more than one needs a page that is cross-origin
   * isolated; where threads cannot be had there is one, and `core.threadsReason` says why.
   */
  threads?: 'auto' | number;
  /** The most bytes that linear memory may grow to (default 4 GiB, wasm's own limit). */
  maxMemory?: number;
  /**
   * A compiled module, where a runtime forbids compiling from bytes: `simdgrad/wasm/plain.wasm` or `relaxed.wasm`; for several
   * threads `plain-threads.wasm` or `relaxed-threads.wasm`.
   */
  module?: WebAssembly.Module;
  /**
   * The address of `simdgrad/worker.js`, or a function that makes a module worker of it, where a page's policy forbids workers from
   * `blob:` addresses.
   */
  worker?: WorkerSource;
}

const wasmLimit = 2 ** 32;

/**
 * One instance of the wasm module with its memory, its threads and its random generator. Tensors and layers of different
 * cores do not mix. Everything but its creation is synchronous.
 */
export class Core {
  /** Which build runs. */
  readonly simd: Simd;
  readonly memory: Heap;
  readonly random = new Generator(Math.floor(Math.random() * 2 ** 32));
  /** @internal The kernels by element type, with addresses and sizes as plain numbers. Nothing is checked. */
  readonly kernels: { readonly [D in FloatDType]: Kernels<D> };
  /** @internal */
  readonly helpers: Threads | undefined;
  private readonly refused: string;

  /** @internal Use `init` or `createCore`. `refused`: why there are no threads, though they were asked for. */
  constructor(simd: Simd, memory: Heap, kernels: Core['kernels'], helpers: Threads | undefined, refused: string) {
    this.simd = simd;
    this.memory = memory;
    this.kernels = kernels;
    this.helpers = helpers;
    this.refused = refused;
  }

  /** Threads in use. */
  get threads(): number {
    return this.helpers?.count ?? 1;
  }

  /** Why `threads` is not what was asked for; empty when it is. */
  get threadsReason(): string {
    return this.refused || (this.helpers?.reason ?? '');
  }

  /** Ends the threads and gives the memory back: all tensors and layers of this core are disposed with it. */
  dispose(): void {
    if (current === this) current = undefined;
    this.helpers?.dispose();
    this.memory.dispose();
    Object.assign(this, { kernels: disposedKernels });
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** A disposed core's kernels: there are none. */
const disposedKernels = new Proxy(
  {},
  {
    get() {
      throw new Error('simdgrad: the core was disposed');
    },
  },
);

let current: Core | undefined;

/**
 * Sets up the default core and returns it. Call it once, before any tensor or layer is made; a second call
 * makes a new default core and leaves tensors of the first one usable with each other.
 */
export async function init(options: CoreOptions = {}): Promise<Core> {
  current = await createCore(options, 'init');
  return current;
}

/** A separate core, for tensors and layers made with `{ core }`. */
export async function createCore(options: CoreOptions = {}, call = 'createCore'): Promise<Core> {
  checkOptions(call, options, ['simd', 'threads', 'maxMemory', 'module', 'worker']);
  const { threads: asked = 1, maxMemory = wasmLimit, worker } = options;
  const simdAsked = checkOneOf(call, 'simd', options.simd ?? 'auto', ['auto', 'plain', 'relaxed']);
  if (asked !== 'auto') checkInteger(call, 'threads', asked, 1);
  checkInteger(call, 'maxMemory', maxMemory, page, wasmLimit);
  const simd = simdAsked === 'auto' ? fastestSimd() : simdAsked;
  // Pages with one thread do not load what threads take.
  const threading = asked === 1 ? undefined : await import('./threads.ts');
  const { threads, reason } = (await threading?.threadsFor(asked)) ?? { threads: 1, reason: '' };
  const module = options.module ?? (await compile(call, simd, threads > 1));
  if (threads > 1 && threading && isThreaded(module)) {
    const { memory, limit } = threading.sharedMemory(maxMemory);
    const helpers = new threading.Threads(module, memory);
    await helpers.start(threads, module, memory, worker);
    const heap = new Heap(memory, limit, helpers);
    return new Core(simd, heap, kernelsOf(helpers.instance), helpers, reason);
  }
  if (isThreaded(module)) {
    throw new Error(`${call}: module is a build for several threads, and there is one${reason && `: ${reason}`}`);
  }
  const limit = Math.floor(maxMemory / page) * page;
  const memory = new WebAssembly.Memory({ initial: 1, maximum: limit / page });
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const refused = reason || (threads > 1 ? 'the module that was given is one for one thread' : '');
  return new Core(simd, new Heap(memory, limit), kernelsOf(instance), undefined, refused);
}

/** The core given, or the default one. Throws before `init()`. */
export function coreOf(call: string, core?: Core): Core {
  if (core instanceof Core) {
    if (core.memory.isDisposed) throw new Error(`${call}: the core was disposed`);
    return core;
  }
  if (core !== undefined) throw new TypeError(`${call}: core expected a Core from init() or createCore()`);
  if (current) return current;
  throw new Error(`${call}: no core yet: call \`await init()\` first`);
}
