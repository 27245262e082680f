import { checkInteger, checkOneOf, checkOptions } from '../check.ts';
import type { FloatDType } from '../dtype.ts';
import { Generator } from './generator.ts';
import { Heap } from './heap.ts';
import { instantiate, type Kernels } from './instantiate.ts';
import { compile, fastestSimd, type Simd } from './variant.ts';

export interface CoreOptions {
  /** Which build to run: the fastest that this runtime can ('auto'), or a given one. */
  simd?: 'auto' | Simd;
  /** How many threads kernels may use. This version has one-thread builds: more are accepted and not used. */
  threads?: 'auto' | number;
  /** The most bytes that linear memory may grow to (default 4 GiB, wasm's own limit). */
  maxMemory?: number;
  /** A compiled module, where a runtime forbids compiling from bytes: `simdgrad/wasm/plain.wasm` or `relaxed.wasm`. */
  module?: WebAssembly.Module;
}

const wasmLimit = 2 ** 32;
const page = 65536;

/**
 * One instance of the wasm module with its memory and its random generator. Tensors and layers of different
 * cores do not mix. Everything but its creation is synchronous.
 */
export class Core {
  /** Which build runs. */
  readonly simd: Simd;
  /** Threads in use. */
  readonly threads = 1;
  /** Why `threads` is not what was asked for; empty when it is. */
  readonly threadsReason: string;
  readonly memory: Heap;
  readonly random: Generator;
  /** @internal The kernels by element type, with addresses and sizes as plain numbers. Nothing is checked. */
  readonly kernels: { readonly [D in FloatDType]: Kernels<D> };

  /** @internal Use `init` or `createCore`. */
  constructor(simd: Simd, module: WebAssembly.Module, options: CoreOptions) {
    const limit = Math.floor((options.maxMemory ?? wasmLimit) / page) * page;
    const wasmMemory = new WebAssembly.Memory({ initial: 1, maximum: limit / page });
    this.simd = simd;
    this.memory = new Heap(wasmMemory, limit);
    this.kernels = instantiate(module, wasmMemory);
    this.random = new Generator(Math.floor(Math.random() * 2 ** 32));
    const asked = options.threads ?? 1;
    this.threadsReason = asked === 1 || asked === 'auto' ? '' : 'this version has one-thread builds only';
  }
}

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
  checkOptions(call, options, ['simd', 'threads', 'maxMemory', 'module']);
  const asked = checkOneOf(call, 'simd', options.simd ?? 'auto', ['auto', 'plain', 'relaxed']);
  if (options.threads !== undefined && options.threads !== 'auto') checkInteger(call, 'threads', options.threads, 1);
  if (options.maxMemory !== undefined) checkInteger(call, 'maxMemory', options.maxMemory, page, wasmLimit);
  const simd = asked === 'auto' ? fastestSimd() : asked;
  return new Core(simd, options.module ?? (await compile(simd, call)), options);
}

/** The core given, or the default one. Throws before `init()`. */
export function coreOf(call: string, core?: Core): Core {
  if (core instanceof Core) return core;
  if (core !== undefined) throw new TypeError(`${call}: core expected a Core from init() or createCore()`);
  if (current) return current;
  throw new Error(`${call}: no core yet: call \`await init()\` first`);
}
