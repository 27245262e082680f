import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Core, createCore, Tensor } from '../../src/index.ts';
import { gemm } from '../../src/kernels/index.ts';

const warn = vi.spyOn(console, 'warn');
beforeEach(() => void warn.mockReset());

const made: Core[] = [];
afterEach(() => made.splice(0).forEach((core) => core.dispose()));

async function coreWith(options: Parameters<typeof createCore>[0]): Promise<Core> {
  const core = await createCore(options);
  made.push(core);
  return core;
}

/** A product whose elements are all `n`, on the core's threads. */
function multiply(core: Core, n = 256): void {
  const a = Tensor.ones([n, n], { core });
  const out = Tensor.zeros([n, n], { core });
  gemm(a, a, out);
  expect(out.data.every((value) => value === n)).toBe(true);
  a.dispose();
  out.dispose();
}

/** What `act` throws, and after how many milliseconds. */
function failure(act: () => void): { message: string; after: number } {
  const start = performance.now();
  try {
    act();
  } catch (error) {
    return { message: String(error), after: performance.now() - start };
  }
  throw new Error('nothing was thrown');
}

it.each([
  ['that cannot be loaded', () => new URL('no-such-worker.js', import.meta.url)],
  ['that throws', () => () => new Worker("throw new Error('no such luck')", { eval: true })],
  [
    'that cannot be made',
    () => () => {
      throw new Error('no such luck');
    },
  ],
  ['that ends', () => () => new Worker('', { eval: true })],
])('is one thread, with a warning, where there is a worker %s', async (_, worker) => {
  const core = await coreWith({ threads: 3, worker: worker() });
  expect(core.threads).toBe(1);
  expect(core.threadsReason).toMatch('a helper thread did not start: ');
  expect(warn).toHaveBeenCalledOnce();
  multiply(core);
});

it('throws at once where a helper traps in a kernel, and later; a new core works', async () => {
  const core = await coreWith({ threads: 2 });
  const elements = 1 << 24;
  const { address } = Tensor.zeros([elements], { core });
  const { fill } = core.kernels.f32;
  // The half of the range that the caller takes first lies in memory, the other half far beyond.
  const beyond = failure(() => fill(address, 1, 0, 1 << 29));
  expect(beyond.message).toMatch(/a helper thread failed in a kernel|out of bounds/);
  expect(beyond.after).toBeLessThan(1000);
  expect(failure(() => multiply(core)).message).toMatch(/a helper thread (failed in a kernel|does not answer)/);
  core.dispose();
  multiply(await coreWith({ threads: 2 }));
});

it('goes on with the rest where a helper is killed between two kernels', async () => {
  const workers: Worker[] = [];
  const worker = () => {
    const made = new Worker(new URL('../../src/core/worker.js', import.meta.url));
    workers.push(made);
    return made;
  };
  const core = await coreWith({ threads: 3, worker });
  multiply(core);
  void workers[0].terminate(); // still running, or not any more, when the next kernels run
  for (let i = 0; i < 10; i++) multiply(core);
  await vi.waitFor(() => expect(core.threads).toBe(2));
  expect(core.threadsReason).toMatch('a helper thread is gone');
  multiply(core);
});

it.each([
  // By its own thread, as the caller can see, or by another that lives on: then the caller has to wait in vain.
  { how: 'process.exit()', within: 1000 },
  { how: 'helper.terminate()', within: 3000 },
])('throws soon where a helper is killed in a kernel by $how', async ({ how, within }) => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  // This worker has the helper in a worker of its own, and kills it some milliseconds after the flag is set.
  const text = `
    const { parentPort, Worker, workerData } = require('node:worker_threads');
    const { flag, url } = workerData;
    const helper = new Worker(new URL(url));
    helper.on('message', (message) => parentPort.postMessage(message));
    parentPort.on('message', (message) => helper.postMessage(message));
    setInterval(() => { if (Atomics.load(flag, 0)) ${how}; }, 10);`;
  const url = new URL('../../src/core/worker.js', import.meta.url).href;
  const worker = () => new Worker(text, { eval: true, workerData: { flag, url } });
  const core = await coreWith({ threads: 2, worker });
  const a = Tensor.ones([1024, 1024], { core });
  const out = Tensor.zeros([1024, 1024], { core });
  let last = performance.now();
  const { message } = failure(() => {
    Atomics.store(flag, 0, 1);
    for (let i = 0; i < 200; i++) {
      last = performance.now();
      gemm(a, a, out);
    }
  });
  // Killed between two products it may have been, but the helper is nearly always in one.
  expect(message).toMatch('a helper thread does not answer');
  expect(performance.now() - last).toBeLessThan(within);
  // Also when it has become known that the helper is gone.
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(failure(() => multiply(core)).message).toMatch('a helper thread does not answer');
});

it('grows its memory while helpers are there', async () => {
  const core = await coreWith({ threads: 3 });
  const start = core.memory.stats().reservedBytes;
  for (let i = 0; i < 40; i++) {
    Tensor.full([1 << 20], i, { core });
    multiply(core);
  }
  expect(core.memory.stats().reservedBytes).toBeGreaterThan(start + 40 * 2 ** 22);
});

it('runs two cores with threads side by side', async () => {
  const [one, other] = [await coreWith({ threads: 2 }), await coreWith({ threads: 3 })];
  for (let i = 0; i < 20; i++) {
    multiply(one);
    multiply(other);
  }
  one.dispose();
  multiply(other);
});

it('says that a core was disposed', async () => {
  const core = await createCore({ threads: 2 });
  const x = Tensor.ones([2, 2], { core });
  core.dispose();
  core.dispose();
  expect(() => x.data).toThrow('Tensor [2, 2] was disposed');
  expect(() => gemm(x, x, x)).toThrow('gemm: a [2, 2] was disposed');
  expect(() => Tensor.ones([2], { core })).toThrow('Tensor.ones: the core was disposed');
  x.dispose();
});
