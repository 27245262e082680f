import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Range, sliceBox } from '../../src/geometry/slice.ts';
import { placesOf } from '../reference/movement.ts';

describe('slice', () => {
  it('takes ranges from the first axis on, the others whole', () => {
    const { shape, box } = sliceBox('Slice', [4, 5, 6], [[1, 3], [-2]]);
    expect(shape).toEqual([2, 2, 6]);
    expect(box).toMatchObject({ offsetO: 0, offsetX: 30 + 18, size: 24 });
    // The last two axes are neighbours in x too.
    expect([...box.table]).toEqual([2, 2, 12, 30, 12, 1, 1]);
    expect(sliceBox('Slice', [4, 5], [null, [0, null, 2]]).shape).toEqual([4, 3]);
    expect(sliceBox('Slice', [4, 5], []).box.table).toEqual(Int32Array.of(1, 20, 1, 1));
  });

  it('finds the places that Python does', () => {
    const place = fc.integer({ min: -12, max: 12 });
    const property = fc.property(
      fc.integer({ min: 1, max: 9 }),
      place,
      fc.option(place),
      fc.integer({ min: 1, max: 12 }),
      (size, start, end, step) => {
        const places = placesOf(size, start, end ?? undefined, step);
        const call = () => sliceBox('Slice', [size], [[start, end, step]]);
        if (places.length === 0) {
          expect(call).toThrow(RangeError);
          return;
        }
        const { shape, box } = call();
        expect(shape).toEqual([places.length]);
        expect(box.offsetX).toBe(places[0]);
        if (places.length > 1) expect(box.table[3]).toBe(step);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it('refuses what is no range, and one that holds nothing', () => {
    const call =
      (...ranges: unknown[]) =>
      () =>
        sliceBox('Slice.forward', [4, 5], ranges as Range[]);
    expect(call([0], [3, 3])).toThrow(
      'Slice.forward: ranges[1] expected a range that is not empty on an axis of 5, got [3, 3]',
    );
    expect(call([9])).toThrow('a range that is not empty on an axis of 4');
    expect(call([0, 4, 0])).toThrow('Slice.forward: ranges[0][2] expected a whole number ≥ 1, got 0');
    expect(call([0], [0], [0])).toThrow('ranges expected at most 2, one an axis of x');
    expect(call([0.5])).toThrow('ranges[0][0] expected a whole number');
    expect(call(3)).toThrow('ranges[0] expected [start, end, step] or null, got 3');
  });
});
