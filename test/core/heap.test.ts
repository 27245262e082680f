import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Heap, OutOfMemoryError } from '../../src/core/heap.ts';

const page = 65536;
const heapOf = (pages: number) => new Heap(new WebAssembly.Memory({ initial: 1, maximum: pages }), pages * page);

it('hands out aligned blocks that never overlap, and takes everything back', () => {
  const action = fc.oneof(fc.record({ take: fc.integer({ min: 0, max: 40_000 }) }), fc.record({ give: fc.nat() }));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const heap = heapOf(200);
      const live: { start: number; bytes: number }[] = [];
      for (const step of actions) {
        if ('take' in step) {
          const start = heap.allocate(step.take);
          expect(start).toBeGreaterThan(0);
          expect(start % 64).toBe(0);
          expect(start + step.take).toBeLessThanOrEqual(heap.buffer.byteLength);
          for (const other of live) {
            expect(start + step.take <= other.start || other.start + other.bytes <= start).toBe(true);
          }
          live.push({ start, bytes: step.take });
        } else if (live.length) {
          heap.free(live.splice(step.give % live.length, 1)[0].start);
        }
      }
      const { reservedBytes, peakBytes } = heap.stats();
      for (const { start } of live) heap.free(start);
      expect(heap.stats()).toEqual({ liveBytes: 0, peakBytes, liveTensors: 0, reservedBytes });
      // All holes have merged: one block as large as the whole fits without growth.
      heap.allocate(reservedBytes - 64);
      expect(heap.stats().reservedBytes).toBe(reservedBytes);
    }),
    { numRuns: 60 },
  );
});

it('reuses the hole that fits best', () => {
  const heap = heapOf(10);
  const [large, , small] = [4096, 64, 1024, 64].map((bytes) => heap.allocate(bytes));
  heap.free(large);
  heap.free(small);
  expect(heap.allocate(1000)).toBe(small);
  expect(heap.allocate(4000)).toBe(large);
});

it('says what did not fit, and stays usable', () => {
  const heap = heapOf(2);
  const first = heap.allocate(page);
  const before = heap.stats();
  expect(() => heap.allocate(page)).toThrow(OutOfMemoryError);
  expect(() => heap.allocate(2 * page)).toThrow(
    /out of memory: 131072 bytes do not fit, 65536 of at most 131072 bytes are in use/,
  );
  expect(heap.stats()).toEqual(before);
  heap.free(first);
  expect(heap.allocate(page)).toBe(first);
});

it('keeps the scratch block where a larger one does not fit', () => {
  const heap = heapOf(1);
  heap.scratch(4096);
  const before = heap.stats();
  expect(() => heap.scratch(page)).toThrow(OutOfMemoryError);
  expect(heap.stats()).toMatchObject({ liveBytes: before.liveBytes });
  for (let free = page; free >= 64; free >>= 1) {
    try {
      heap.allocate(free);
    } catch {}
  }
  expect(heap.scratch(4096)).toBeGreaterThan(0);
});

it('keeps one scratch block, as large as the largest request', () => {
  const heap = heapOf(10);
  const small = heap.scratch(100);
  expect(heap.scratch(50)).toBe(small);
  heap.scratch(5000);
  const { liveBytes } = heap.stats();
  heap.scratch(100);
  expect(heap.stats().liveBytes).toBe(liveBytes);
  expect(liveBytes).toBe(5056);
});

it('refuses to free what is not allocated', () => {
  const heap = heapOf(1);
  const start = heap.allocate(8);
  heap.free(start);
  expect(() => heap.free(start)).toThrow('not an allocated block');
});
