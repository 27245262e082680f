import { expect, it } from 'vitest';
import { threadsFor } from '../../src/core/threads.ts';
import { hasRelaxedSimd } from '../../src/core/variant.ts';
import { createCore, init, Linear, Tensor } from '../../src/index.ts';
import { readBytes } from '../support/files.ts';

/** Whether this runtime lets workers share memory: a page has to be isolated. */
const hasThreads = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated !== false;

it('says what to call before anything is set up', () => {
  expect(() => Tensor.zeros([1])).toThrow('Tensor.zeros: no core yet: call `await init()` first');
  expect(() => new Linear(1, 1)).toThrow('new Linear: no core yet');
});

// In a browser every test goes that way. It comes first, since a module is compiled once.
it.skipIf(!globalThis.process)('inflates its module by streams where there is no zlib, as in a browser', async () => {
  const { getBuiltinModule } = process;
  Object.assign(process, { getBuiltinModule: undefined });
  try {
    const core = await createCore({ simd: 'plain' });
    expect([...Tensor.ones([2], { core }).data]).toEqual([1, 1]);
  } finally {
    Object.assign(process, { getBuiltinModule });
  }
});

it('makes the default core, and others beside it', async () => {
  const core = await init();
  const isNew = 'Float16Array' in globalThis;
  expect(core.simd).toBe(hasRelaxedSimd() && isNew ? 'relaxed' : 'plain');
  expect(core.threads).toBe(1);
  expect(core.threadsReason).toBe('');
  expect(Tensor.zeros([1]).core).toBe(core);
  const other = await createCore({ simd: 'plain', threads: 4 });
  expect(other.simd).toBe('plain');
  expect([other.threads, other.threadsReason]).toEqual(hasThreads ? [4, ''] : [1, expect.stringMatching(/./)]);
  expect(Tensor.zeros([1]).core).toBe(core);
  expect(Tensor.zeros([1], { core: other }).core).toBe(other);
});

it.each([
  [{ simd: 'fast' }, "init: simd expected 'auto' or 'plain' or 'relaxed', got 'fast'"],
  [{ threads: 0 }, 'init: threads expected a whole number ≥ 1, got 0'],
  [{ threads: 1.5 }, 'got 1.5'],
  [{ maxMemory: -1 }, 'init: maxMemory expected a whole number ≥ 65536'],
  [{ maxMemory: 2 ** 33 }, 'and ≤ 4294967296'],
  [{ memory: 1 }, "init: options expected only simd, threads, maxMemory, module, worker, got 'memory'"],
])('refuses %o', async (options, message) => {
  await expect(init(options as object)).rejects.toThrow(message);
});

it('runs from a module compiled elsewhere', async () => {
  const module = await WebAssembly.compile(await readBytes('build/plain.wasm'));
  const core = await createCore({ simd: 'plain', module });
  expect([...Tensor.ones([2], { core }).data]).toEqual([1, 1]);
});

it('has as many threads as the module that is given allows', async () => {
  const module = await WebAssembly.compile(await readBytes('build/plain.wasm'));
  const one = await createCore({ simd: 'plain', module, threads: 2 });
  expect(one.threads).toBe(1);
  expect(one.threadsReason).toBe(hasThreads ? 'the module that was given is one for one thread' : one.threadsReason);
  const shared = await WebAssembly.compile(await readBytes('build/plain-threads.wasm'));
  const two = await createCore({ simd: 'plain', module: shared, threads: hasThreads ? 2 : 1 }).catch((error) => error);
  if (hasThreads) expect([two.threads, [...Tensor.ones([2], { core: two }).data]]).toEqual([2, [1, 1]]);
  else expect(String(two)).toMatch('createCore: module is a build for several threads, and there is one');
});

it('counts the threads of the machine for auto, and no more than 64 in any case', async () => {
  if (!hasThreads)
    return expect(await threadsFor(2)).toMatchObject({ threads: 1, reason: expect.stringMatching('isolated') });
  const { threads } = await threadsFor('auto');
  expect(threads).toBeGreaterThanOrEqual(1);
  expect(threads).toBeLessThanOrEqual(16);
  expect(await threadsFor(1000)).toEqual({ threads: 64, reason: 'a core has at most 64 threads' });
});
