import fc from 'fast-check';
import { expect, it } from 'vitest';
import { axisTable } from '../../src/geometry/axes.ts';
import { type Box, reversed } from '../../src/geometry/box.ts';
import { concatBoxes, splitBoxes } from '../../src/geometry/concat.ts';
import { flipBox } from '../../src/geometry/flip.ts';
import { padBox } from '../../src/geometry/pad.ts';
import { permuteBox, transposeBox } from '../../src/geometry/permute.ts';
import { sliceBox } from '../../src/geometry/slice.ts';
import { sizeOf } from '../../src/shape.ts';
import { flip, indicesOf, type Movement, pad, permute, pick, placesOf, within } from '../reference/movement.ts';
import { forEachBuild } from '../support/builds.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
/** A shape, and numbers that choose something of each of its axes. */
const choices = fc.record({ shape: shapes, picks: fc.array(fc.nat(), { minLength: 16, maxLength: 16 }) });

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];
  const bytes = dtype === 'f32' ? 4 : 8;
  const round = dtype === 'f32' ? Math.fround : (value: number) => value;

  /** out after the copy of a box, begun and ended at `cut` as by two threads. */
  function copy(box: Box, x: ArrayLike<number>, out: ArrayLike<number>, accumulate: boolean, cut: number): number[] {
    const memory = new Guarded(core);
    const to = memory.output(dtype, out.length, out) + box.offsetO * bytes;
    const from = memory.input(dtype, x) + box.offsetX * bytes;
    const table = memory.input('i32', box.table);
    kernels.stridedCopy(to, from, table, +accumulate, 0, cut);
    kernels.stridedCopy(to, from, table, +accumulate, cut, box.extent);
    const got = [...memory.read(dtype, to - box.offsetO * bytes, out.length)];
    memory.verify();
    return got;
  }

  /** Holds a box and its gradient to the oracle, overwriting and adding. What the box leaves out stays as it was. */
  function check(box: Box, { sources }: Movement, size: number, cut?: number) {
    const random = new Random(size);
    const [x, out] = [random.normals(size), random.normals(sources.length)];
    for (const accumulate of [false, true]) {
      const forward = [...out];
      const backward = [...x];
      sources.forEach((source, i) => {
        if (source < 0) return;
        forward[i] = accumulate ? round(out[i] + x[source]) : x[source];
        backward[source] = accumulate ? round(x[source] + out[i]) : out[i];
      });
      const back = reversed(box);
      expect(copy(box, x, out, accumulate, cut ?? box.extent >> 1)).toEqual(forward);
      expect(copy(back, out, x, accumulate, cut ?? back.extent >> 1)).toEqual(backward);
    }
  }

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1031])('copies %i neighbours', (n) => {
    const box = permuteBox('test', [n], [0]).box;
    check(box, permute([n], [0]), n);
    check(box, permute([n], [0]), n, 1);
  });

  const sides = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 16, 17, 33];
  it.each(sides)('transposes %i rows of every length', (rows) => {
    for (const columns of sides)
      check(transposeBox('test', [columns, rows], 0, 1).box, permute([columns, rows], [1, 0]), rows * columns);
  });

  it('transposes planes, of several cache lines, inside other axes', () => {
    for (const dims of [
      [0, 2, 1],
      [2, 0, 1],
      [2, 1, 0],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      check(permuteBox('test', [3, 35, 70], dims).box, permute([3, 35, 70], dims), 3 * 35 * 70);
    }
    check(permuteBox('test', [2, 19, 3, 8], [0, 2, 1, 3]).box, permute([2, 19, 3, 8], [0, 2, 1, 3]), 2 * 19 * 3 * 8);
  });

  it('permutes any axes', () => {
    const property = fc.property(choices, ({ shape, picks }) => {
      const dims = shape.map((_, i) => i).sort((a, b) => picks[a] - picks[b]);
      check(permuteBox('test', shape, dims).box, permute(shape, dims), sizeOf(shape), picks[5] % 2);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('slices, with steps', () => {
    const property = fc.property(choices, ({ shape, picks }) => {
      const ranges = shape.map((size, i) => {
        const start = picks[i] % size;
        return [start, start + 1 + (picks[i + 4] % (size - start)), 1 + (picks[i + 8] % 3)] as const;
      });
      const places = ranges.map(([start, end, step], i) => placesOf(shape[i], start, end, step));
      check(sliceBox('test', shape, ranges).box, pick(shape, places), sizeOf(shape));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('pads, and crops where the padding is negative', () => {
    const property = fc.property(choices, ({ shape, picks }) => {
      const before = shape.map((size, i) => (picks[i] % (size + 3)) - (size - 1));
      const behind = shape.map((size, i) => (picks[i + 4] % 5) - Math.min(2, size - 1 + Math.min(before[i], 0)));
      const padding = shape.flatMap((_, i) => [before[i], behind[i]]);
      const torch = shape.flatMap((_, i) => padding.slice(2 * (shape.length - 1 - i), 2 * (shape.length - i)));
      check(padBox('test', shape, torch).box, pad(shape, before, behind), sizeOf(shape));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('flips', () => {
    const property = fc.property(choices, ({ shape, picks }) => {
      const dims = shape.map((_, i) => i).filter((i) => picks[i] % 2);
      check(flipBox('test', shape, dims).box, flip(shape, dims), sizeOf(shape));
    });
    fc.assert(property, { numRuns: 40 });
  });

  it('concatenates and splits', () => {
    const property = fc.property(choices, ({ shape, picks }) => {
      const axis = picks[0] % shape.length;
      const sizes = [1 + (picks[1] % 4), 1 + (picks[2] % 9), 1 + (picks[3] % 3)];
      const parts = sizes.map((size) => shape.with(axis, size));
      const whole = concatBoxes('test', parts, axis);
      const split = splitBoxes('test', whole.shape, sizes, axis);
      let place = 0;
      parts.forEach((part, i) => {
        const places = within(part, whole.shape, axis, place);
        place += sizes[i];
        check(split[i].box, { shape: part, sources: places }, sizeOf(whole.shape));
        // The box of a concatenation is that of the split the other way round.
        check(reversed(whole.boxes[i]), { shape: part, sources: places }, sizeOf(whole.shape));
      });
    });
    fc.assert(property, { numRuns: 30 });
  });

  it('walks a table whose axes stand in any order, with gaps', () => {
    const property = fc.property(choices, ({ shape, picks }) => {
      const sizes = [...shape];
      const gaps = sizes.map((size, i) => size + (picks[i] % 3));
      const strides = (of: number[], inOrder: number[]) => {
        const result: number[] = [];
        let stride = 1;
        for (const axis of inOrder) {
          result[axis] = stride;
          stride *= of[axis];
        }
        return { result, count: stride };
      };
      const axes = sizes.map((_, i) => i);
      const o = strides(
        gaps,
        [...axes].sort((a, b) => picks[a + 4] - picks[b + 4]),
      );
      const x = strides(
        sizes,
        [...axes].sort((a, b) => picks[a + 8] - picks[b + 8]),
      );
      const order = [...axes].sort((a, b) => picks[a + 12] - picks[b + 12]);
      const table = axisTable(order.map((axis) => ({ size: sizes[axis], strides: [o.result[axis], x.result[axis]] })));
      const sources = new Array<number>(o.count).fill(-1);
      const dot = (index: number[], by: number[]) => index.reduce((sum, i, axis) => sum + i * by[axis], 0);
      for (const index of indicesOf(sizes)) sources[dot(index, o.result)] = dot(index, x.result);
      const values = new Random(x.count).normals(x.count);
      const before = new Random(o.count).normals(o.count);
      const extent = sizes[order[0]];
      const box: Box = { table, extent, offsetO: 0, offsetX: 0, size: x.count, axes: [] };
      for (const accumulate of [false, true]) {
        const expected = sources.map((source, i) =>
          source < 0 ? before[i] : accumulate ? round(before[i] + values[source]) : values[source],
        );
        expect(copy(box, values, before, accumulate, picks[15] % (extent + 1))).toEqual(expected);
      }
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('keeps NaN, infinities and the sign of zero', () => {
    const x = [NaN, Infinity, -Infinity, -0, 1, 0];
    const transposed = [NaN, -0, Infinity, 1, -Infinity, 0];
    const box = transposeBox('test', [2, 3], 0, 1).box;
    expect(copy(box, x, new Float64Array(6), false, 1)).toEqual(transposed);
    expect(copy(permuteBox('test', [6], [0]).box, x, new Float64Array(6), false, 2)).toEqual(x);
    expect(copy(box, x, [Infinity, 0, -Infinity, NaN, 1, 1], true, 1)).toEqual([NaN, 0, NaN, NaN, -Infinity, 1]);
  });

  // Zeros go another way from 512 bytes on.
  it.each([1, 2, 3, 4, 5, 8, 9, 67, 259])('fills %i elements and none beyond', (n) => {
    for (const value of [-0.5, 0, -0]) {
      const memory = new Guarded(core);
      const out = memory.output(dtype, n);
      kernels.fill(out, value, 0, n >> 1);
      kernels.fill(out, value, n >> 1, n);
      expect([...memory.read(dtype, out, n)]).toEqual(new Array(n).fill(value));
      memory.verify();
    }
  });
});
