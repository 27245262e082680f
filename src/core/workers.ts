import { source } from '../wasm/worker.ts';

/** Where helper threads come from: the address of `simdgrad/worker.js`, or a function that makes a worker of it. */
export type WorkerSource = string | URL | (() => Worker | NodeWorker);

/** What is used of a worker of Node's. */
export interface NodeWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
  on(event: 'message' | 'error' | 'exit', listener: (value: Error) => void): unknown;
  unref(): void;
}

/** What is used of Node's modules. */
interface NodeModules {
  'node:worker_threads': { Worker: new (url: URL, options: object) => NodeWorker };
  'node:os': { availableParallelism(): number };
}

/** A module of Node's, where this is Node. */
function nodeModule<Id extends keyof NodeModules>(id: Id): NodeModules[Id] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(id: string): NodeModules[Id] } };
  return process?.getBuiltinModule?.(id);
}

/** Why there can be no threads here; empty if there can. */
export function obstacle(): string {
  if ((globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false) {
    return 'the page is not cross-origin isolated (headers Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy)';
  }
  if (typeof SharedArrayBuffer === 'undefined') return 'this runtime has no SharedArrayBuffer';
  if (!nodeModule('node:worker_threads') && typeof Worker === 'undefined') return 'this runtime has no workers';
  return '';
}

/** How many threads this machine runs at a time. */
export function hardwareThreads(): number {
  return nodeModule('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** A worker, in Node and in browsers alike. */
export interface Helper {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** Makes a worker, which calls back at its first message, and where it ends or cannot be loaded. */
export function makeHelper(from: WorkerSource | undefined, ready: () => void, ended: (why: string) => void): Helper {
  const node = nodeModule('node:worker_threads');
  const worker =
    typeof from === 'function'
      ? from()
      : node
        ? makeInNode(node, from)
        : new Worker(from ?? blob(), { type: 'module' });
  if ('on' in worker) {
    worker.on('message', () => {
      worker.unref(); // it does not keep the process alive; until now it has to, for nothing else might
      ready();
    });
    worker.on('error', (error) => ended(error.message));
    worker.on('exit', () => ended('it ended'));
  } else {
    worker.addEventListener('message', ready);
    worker.addEventListener('error', (event) => ended(event.message || unloaded(from)));
  }
  return worker;
}

/** What may be wrong where a browser does not load a worker, of which it says nothing. */
function unloaded(from: WorkerSource | undefined): string {
  const why = 'it could not be loaded';
  if (from) return `${why}; its file, too, needs the header Cross-Origin-Embedder-Policy`;
  return `${why}; where a policy forbids workers from blob: addresses, give init() that of simdgrad/worker.js as \`worker\``;
}

/** Without the modules that this program was told to preload: they may take longer than all else. */
function makeInNode({ Worker }: NodeModules['node:worker_threads'], from: string | URL | undefined): NodeWorker {
  const url = new URL(from ?? `data:text/javascript,${encodeURIComponent(source)}`);
  return new Worker(url, { name: 'simdgrad', execArgv: [] });
}

let blobUrl: string | undefined;

/** The address of the embedded text: one for all helpers of a page. */
function blob(): string {
  blobUrl ??= URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  return blobUrl;
}
