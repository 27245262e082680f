import fc from 'fast-check';
import { expect, it } from 'vitest';
import { embeddingGeometry, type Gather, gatherGeometry, indexSelectGeometry } from '../../src/geometry/gather.ts';
import { sizeOf } from '../../src/shape.ts';
import { gather, indexSelect, scatterAdd } from '../reference/gather.ts';
import type { Movement } from '../reference/movement.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

/** A shape, one of its axes, sizes for an index that are not above the shape's elsewhere, and where to cut. */
const cases = fc
  .record({
    axes: fc.array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(8)), { minLength: 1, maxLength: 4 }),
    dim: fc.nat(),
    count: fc.integer({ min: 1, max: 12 }),
    whole: fc.boolean(),
    cut: fc.nat(),
    seed: fc.nat(),
  })
  .map(({ axes, dim, whole, ...rest }) => ({
    ...rest,
    shape: axes.map(([size]) => size),
    smaller: axes.map(([size, less]) => (whole ? size : Math.max(1, size - less))),
    dim: dim % axes.length,
  }));

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  /** Holds both directions to the oracle, in two parts cut at `cut`, and the cut to the whole, bit by bit. */
  function check(g: Gather, { shape, sources }: Movement, size: number, picks: ArrayLike<number>, cut: number) {
    const random = new Random(cut + size);
    const [x, dout, before] = [random.normals(size), random.normals(sources.length), random.normals(size)];
    const run = (cut: number) => {
      const memory = new Guarded(core);
      const index = memory.input('i32', picks);
      const [forward, backward] = [memory.input('i32', g.forward.table), memory.input('i32', g.backward.table)];
      const [out, dx] = [memory.output(dtype, sources.length), memory.output(dtype, size, before)];
      const [xAt, doutAt] = [memory.input(dtype, x), memory.input(dtype, dout)];
      const middle = cut % (g.forward.extent + 1);
      kernels.gatherForward(out, xAt, index, forward, g.stride, 0, middle);
      kernels.gatherForward(out, xAt, index, forward, g.stride, middle, g.forward.extent);
      const { cut: axis, extent } = g.backward;
      const half = cut % (extent + 1);
      kernels.gatherBackward(dx, doutAt, index, backward, g.stride, axis, 0, half);
      kernels.gatherBackward(dx, doutAt, index, backward, g.stride, axis, half, extent);
      const got = { out: memory.read(dtype, out, sources.length), dx: memory.read(dtype, dx, size) };
      memory.verify();
      return got;
    };
    const got = run(cut);
    expect(g.shape).toEqual(shape);
    expect([...got.out]).toEqual(sources.map((source) => x[source]));
    const { dx, magnitude } = scatterAdd(dout, sources, before);
    expectClose(got.dx, dx, { dtype, terms: picks.length + 1, scale: magnitude });
    expect(run(0)).toEqual(got);
  }

  const picksOf = (random: Random, count: number, choices: number) =>
    Array.from({ length: count }, () => random.integer(0, choices - 1));

  it('gathers an element for each index, with repeats, from a whole tensor or a corner of it', () => {
    const property = fc.property(cases, ({ shape, smaller, dim, count, cut, seed }) => {
      const index = smaller.with(dim, count);
      const picks = picksOf(new Random(seed), sizeOf(index), shape[dim]);
      check(gatherGeometry('test', shape, dim, index), gather(shape, dim, index, picks), sizeOf(shape), picks, cut);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('selects slices, with repeats', () => {
    const property = fc.property(cases, ({ shape, dim, count, cut, seed }) => {
      const picks = picksOf(new Random(seed), count, shape[dim]);
      const g = indexSelectGeometry('test', shape, dim, [count]);
      check(g, indexSelect(shape, dim, picks), sizeOf(shape), picks, cut);
    });
    fc.assert(property, { numRuns: 100 });
  });

  it.each([1, 3, 4, 5, 8, 127, 128, 129, 260])('looks up rows of %i elements', (D) => {
    const picks = picksOf(new Random(D), 6, 5);
    const { sources } = indexSelect([5, D], 0, picks);
    check(embeddingGeometry('test', [5, D], [2, 3]), { shape: [2, 3, D], sources }, 5 * D, picks, D >> 1);
  });

  it('adds up a row that is picked a thousand times', () => {
    const picks = new Array<number>(1000).fill(1);
    check(indexSelectGeometry('test', [3, 7], 0, [1000]), indexSelect([3, 7], 0, picks), 21, picks, 3);
    check(indexSelectGeometry('test', [3], 0, [1000]), indexSelect([3], 0, picks), 3, picks, 1);
  });
});

it.each([1, 2, 3, 4, 5, 8, 9, 41])('finds the smallest and the largest of %i indices', (n) => {
  for (const core of cores) {
    const { smallestIndex, largestIndex } = core.kernels.f32;
    for (let at = 0; at < n; at++) {
      for (const [first, other] of [
        [-7, 3],
        [9, 4],
        [-(2 ** 31), 2 ** 31 - 1],
      ]) {
        const memory = new Guarded(core);
        // Guards read as −1 and masked lanes as 0: both would be the smallest of the second case.
        const index = memory.input('i32', new Array(n).fill(other).with(at, first));
        const low = n === 1 ? first : Math.min(first, other);
        expect([smallestIndex(index, n), largestIndex(index, n)]).toEqual([
          low,
          n === 1 ? first : Math.max(first, other),
        ]);
        memory.verify();
      }
    }
    // And the largest here.
    const memory = new Guarded(core);
    const negative = memory.input('i32', new Array(n).fill(-5));
    expect([smallestIndex(negative, n), largestIndex(negative, n)]).toEqual([-5, -5]);
    memory.verify();
  }
});
