import { source } from '../wasm/worker.ts';
import { runtime } from './runtime.ts';

/** Where helper threads come from: the address of `simdgrad/worker.js`, or a function that makes a worker of it. */
export type WorkerSource = string | URL | (() => Worker | NodeWorker);

/** What is used of a worker of Node's. */
export interface NodeWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
  readonly performance?: { eventLoopUtilization(): { idle: number } };
  on(event: 'message' | 'error' | 'exit', listener: (value: Error) => void): unknown;
  unref(): void;
}

/** What is used of Node's modules. */
interface NodeModules {
  worker_threads: { Worker: new (url: URL, options: object) => NodeWorker };
  os: { availableParallelism(): number };
}

/** Node's modules, where this is Node. */
let node: NodeModules | undefined;

/** Looks for Node's modules; to be called first. The import is hidden from bundlers, which would look for it in browsers' builds, too. */
export async function findNode(): Promise<void> {
  const { process } = runtime;
  if (!process?.versions?.node) return;
  const load = async (id: string) =>
    process.getBuiltinModule?.(id) ?? import(/* @vite-ignore */ /* webpackIgnore: true */ id);
  node = { worker_threads: await load('node:worker_threads'), os: await load('node:os') } as NodeModules;
}

/** Why there can be no threads here; empty if there can. */
export function obstacle(): string {
  if ((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false) {
    return 'the page is not cross-origin isolated (headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy)';
  }
  if (typeof SharedArrayBuffer === 'undefined') return 'this runtime has no SharedArrayBuffer';
  if (!node && typeof Worker === 'undefined') return 'this runtime has no workers';
  return '';
}

/** How many threads this machine runs at a time. */
export function hardwareThreads(): number {
  return node?.os.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** A worker, in Node and in browsers alike. */
export interface Helper {
  postMessage(message: unknown): void;
  terminate(): unknown;
  /** Whether it is known to have ended, before any event says so. */
  isGone(): boolean;
}

/** Makes a worker, which calls back at its first message, and where it ends or cannot be loaded. */
export function makeHelper(from: WorkerSource | undefined, ready: () => void, ended: (why: string) => void): Helper {
  const worker =
    typeof from === 'function'
      ? from()
      : node
        ? makeInNode(node.worker_threads, from)
        : new Worker(from ?? blob(), { type: 'module' });
  const helper = {
    postMessage: (message: unknown) => worker.postMessage(message),
    terminate: () => worker.terminate(),
    isGone: () => false,
  };
  if ('on' in worker) {
    // While a thread runs, the idle time of its event loop is not negative (Node 20 and 26); to be asked for once before it ends.
    const hasEnded = () => (worker.performance?.eventLoopUtilization().idle ?? 0) < 0;
    worker.on('message', () => {
      worker.unref(); // it does not keep the process alive; until now it has to, for nothing else might
      helper.isGone = hasEnded;
      hasEnded();
      ready();
    });
    worker.on('error', (error) => ended(error.message));
    worker.on('exit', () => ended('it ended'));
  } else {
    worker.addEventListener('message', ready);
    worker.addEventListener('error', (event) => ended(event.message || unloaded(from)));
  }
  return helper;
}

/** What may be wrong where a browser does not load a worker, of which it says nothing. */
function unloaded(from: WorkerSource | undefined): string {
  const why = 'it could not be loaded';
  if (from) return `${why}; its file, too, needs the header Cross-Origin-Embedder-Policy`;
  return `${why}; where a policy forbids workers from blob: addresses, give init() that of simdgrad/worker.js as \`worker\``;
}

/** Without the modules that this program was told to preload: they may take longer than all else. */
function makeInNode({ Worker }: NodeModules['worker_threads'], from: string | URL | undefined): NodeWorker {
  const url = new URL(from ?? `data:text/javascript,${encodeURIComponent(source)}`);
  return new Worker(url, { name: 'simdgrad', execArgv: [] });
}

let blobUrl: string | undefined;

/** The address of the embedded text: one for all helpers of a page. */
function blob(): string {
  blobUrl ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return blobUrl;
}
