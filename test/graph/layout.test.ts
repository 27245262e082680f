import fc from 'fast-check';
import { expect, it } from 'vitest';
import { aligned, layOut } from '../../src/graph/layout.ts';

const lifetimes = fc.array(
  fc
    .record({ bytes: fc.integer({ min: 1, max: 1000 }), first: fc.nat(30), length: fc.nat(10) })
    .map(({ bytes, first, length }) => ({ bytes, first, last: first + length })),
  { maxLength: 25 },
);

it('gives no byte to two buffers at the same time, and no more bytes than all buffers take', () => {
  fc.assert(
    fc.property(lifetimes, (buffers) => {
      const { offsets, bytes } = layOut(buffers);
      buffers.forEach((a, i) => {
        expect(offsets[i] % 64).toBe(0);
        expect(offsets[i]).toBeGreaterThanOrEqual(0);
        expect(offsets[i] + a.bytes).toBeLessThanOrEqual(bytes);
        buffers.forEach((b, j) => {
          const meet = i < j && a.first <= b.last && b.first <= a.last;
          if (meet) expect(offsets[i] + a.bytes <= offsets[j] || offsets[j] + b.bytes <= offsets[i]).toBe(true);
        });
      });
      expect(bytes).toBeLessThanOrEqual(buffers.reduce((sum, buffer) => sum + aligned(buffer.bytes), 0));
    }),
    { numRuns: 1000 },
  );
});

it('takes no less than what is in use at one time, and exactly that where lives are nested', () => {
  fc.assert(
    fc.property(lifetimes, (buffers) => {
      const inUse = (time: number) =>
        buffers.reduce((sum, { bytes, first, last }) => sum + (first <= time && time <= last ? aligned(bytes) : 0), 0);
      const most = Math.max(0, ...buffers.map(({ first }) => inUse(first)));
      expect(layOut(buffers).bytes).toBeGreaterThanOrEqual(most);
    }),
  );
  // Activations live from their forward step to their backward step.
  const nested = Array.from({ length: 10 }, (_, i) => ({ bytes: 64 * (i + 1), first: i, last: 19 - i }));
  expect(layOut(nested).bytes).toBe(64 * 55);
});

it('shares one place among buffers that follow one another, whatever their sizes', () => {
  const chain = [300, 100, 200, 50].map((bytes, i) => ({ bytes, first: i, last: i }));
  expect(layOut(chain)).toEqual({ offsets: [0, 0, 0, 0], bytes: 320 });
  expect(layOut([])).toEqual({ offsets: [], bytes: 0 });
});

it('fills the gap that a shorter life leaves', () => {
  const buffers = [
    { bytes: 128, first: 0, last: 9 },
    { bytes: 64, first: 0, last: 3 },
    { bytes: 64, first: 4, last: 9 },
  ];
  expect(layOut(buffers)).toEqual({ offsets: [0, 128, 128], bytes: 192 });
});
