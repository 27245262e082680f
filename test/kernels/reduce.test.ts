import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maxBackwardNests, reducedShape, reduceNest, sumBackwardNest } from '../../src/geometry/reduce.ts';
import { sizeOf } from '../../src/shape.ts';
import { max, sum } from '../reference/reduce.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { broadcastableShapes, placed } from '../support/nest.ts';
import { Random } from '../support/random.ts';

interface Case {
  shape: readonly number[];
  axes?: readonly number[];
}

const cases: Case[] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9, 67, 1027, 5003].map((n) => ({ shape: [n] })),
  { shape: [] },
  { shape: [3, 5], axes: [0] },
  { shape: [3, 5], axes: [1] },
  { shape: [5, 18], axes: [1] },
  { shape: [1, 18], axes: [0] },
  { shape: [4, 3, 5], axes: [1] },
  { shape: [4, 3, 5], axes: [0, 2] },
  { shape: [4, 3, 5], axes: [-1, -2] },
  { shape: [2, 3, 4, 5, 6], axes: [1, 3] },
  { shape: [2, 3, 4, 5, 6], axes: [0, 2, 4] },
];

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  /** Sums divided by n and their gradient, each in two parts. */
  function runSum({ shape, axes }: Case, x: ArrayLike<number>, dy: ArrayLike<number>, n: number, initial?: number) {
    const reduction = reducedShape('run', shape, axes, false);
    const memory = new Guarded(core);
    const at = { x: memory.input(dtype, x), dy: memory.input(dtype, dy) };
    const out = memory.output(dtype, dy.length);
    const forward = placed(memory, reduceNest(shape, reduction));
    for (const [begin, end] of forward.parts) {
      kernels.sumForward(out, at.x, n, forward.axes, forward.workspace, begin, end);
    }
    const dx = memory.output(dtype, x.length, initial === undefined ? undefined : new Array(x.length).fill(initial));
    const backward = placed(memory, sumBackwardNest(shape, reduction));
    for (const [begin, end] of backward.parts) {
      const accumulate = initial === undefined ? 0 : 1;
      kernels.sumBackward(dx, at.dy, n, backward.axes, backward.workspace, accumulate, begin, end);
    }
    const got = { y: memory.read(dtype, out, dy.length), dx: memory.read(dtype, dx, x.length) };
    memory.verify();
    return { got, expected: sum(x, dy, n, shape, reduction.kept) };
  }

  /** Maxima and their gradient, each in two parts. */
  function runMax({ shape, axes }: Case, x: ArrayLike<number>, dy: ArrayLike<number>, initial?: number) {
    const reduction = reducedShape('run', shape, axes, false);
    const memory = new Guarded(core);
    const at = { x: memory.input(dtype, x), dy: memory.input(dtype, dy) };
    const out = memory.output(dtype, dy.length);
    const forward = placed(memory, reduceNest(shape, reduction));
    for (const [begin, end] of forward.parts) {
      kernels.maxForward(out, at.x, forward.axes, forward.workspace, begin, end);
    }
    const dx = memory.output(dtype, x.length, initial === undefined ? undefined : new Array(x.length).fill(initial));
    const shares = memory.output(dtype, dy.length);
    const { count, share } = maxBackwardNests(shape, reduction);
    const counting = placed(memory, count);
    const { axes: shareAxes, workspace } = placed(memory, share);
    for (const [begin, end] of counting.parts) {
      const accumulate = initial === undefined ? 0 : 1;
      // biome-ignore format: outputs, inputs, tables
      kernels.maxBackward(
        dx, shares, at.dy, at.x, out, counting.axes, shareAxes, workspace, accumulate, begin, end,
      );
    }
    const got = { y: memory.read(dtype, out, dy.length), dx: memory.read(dtype, dx, x.length) };
    memory.verify();
    return { got, expected: max(x, dy, shape, reduction.kept) };
  }

  const sizes = ({ shape, axes }: Case) => [sizeOf(shape), sizeOf(reducedShape('sizes', shape, axes, true).shape)];

  function checkSum(given: Case, seed: number, n: number, initial?: number) {
    const [size, reduced] = sizes(given);
    const random = new Random(seed);
    const { got, expected } = runSum(given, random.normals(size), random.normals(reduced), n, initial);
    expectClose(got.y, expected.y, { dtype, terms: size / reduced + 4, scale: expected.magnitude });
    const dx = Array.from(expected.dx, (d) => d + (initial ?? 0));
    expectClose(got.dx, dx, { dtype, terms: 4, scale: expected.dx.map((d) => Math.abs(d) + (initial ?? 0)) });
  }

  /** Few different values, so that there are ties. */
  function checkMax(given: Case, seed: number, initial?: number) {
    const [size, reduced] = sizes(given);
    const random = new Random(seed);
    const x = Array.from({ length: size }, () => random.integer(-3, 3));
    const { got, expected } = runMax(given, x, random.normals(reduced), initial);
    expect([...got.y]).toEqual(expected.y);
    const dx = Array.from(expected.dx, (d) => d + (initial ?? 0));
    expectClose(got.dx, dx, { dtype, terms: 4, scale: expected.dx.map((d) => Math.abs(d) + (initial ?? 0)) });
  }

  it.each(cases)('sums and means of $shape over $axes', (given) => {
    const [size, reduced] = sizes(given);
    checkSum(given, 1, 1);
    checkSum(given, 2, size / reduced);
    checkSum(given, 3, size / reduced, 2);
  });

  it.each(cases)('maxima of $shape over $axes', (given) => {
    checkMax(given, 1);
    checkMax(given, 2, 2);
  });

  it('any shape over any axes', () => {
    const shapeAndAxes = broadcastableShapes(1)
      .filter(([shape]) => shape.length > 0)
      .chain(([shape]) => fc.tuple(fc.constant(shape), fc.subarray([...shape.keys()], { minLength: 1 })));
    const property = fc.property(shapeAndAxes, fc.nat(), ([shape, axes], seed) => {
      checkSum({ shape, axes }, seed, 3);
      checkMax({ shape, axes }, seed);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('the mean of ones is one', () => {
    for (const n of [3, 10, 41, 49, 1000, 4099]) {
      expect([...runSum({ shape: [n] }, new Array(n).fill(1), [1], n).got.y]).toEqual([1]);
    }
  });

  it('a long sum loses less than its terms would', () => {
    const n = 100_000;
    const { got } = runSum({ shape: [n] }, new Array(n).fill(0.1), [1], 1);
    const term = dtype === 'f32' ? Math.fround(0.1) : 0.1;
    expectClose(got.y, [n * term], { dtype, terms: 256 });
  });

  it('NaN makes its maximum NaN and the gradients of its row; infinities are ordered', () => {
    const rows = [
      [1, NaN, 3],
      [-Infinity, -Infinity, -Infinity],
      [2, Infinity, -Infinity],
      [-1, -2, -1],
    ];
    const { got } = runMax({ shape: [4, 3], axes: [1] }, rows.flat(), [1, 3, 5, 7]);
    expect([...got.y]).toEqual([NaN, -Infinity, Infinity, -1]);
    expect([...got.dx]).toEqual([NaN, NaN, NaN, 1, 1, 1, 0, 5, 0, 3.5, 0, 3.5]);
    for (const at of [0, 1, 2, 3, 4, 17, 33]) {
      const x = new Array(34).fill(-5);
      x[at] = NaN;
      expect([...runMax({ shape: [34] }, x, [1]).got.y]).toEqual([NaN]);
      expect([...runMax({ shape: [34, 1], axes: [0] }, x, [1]).got.y]).toEqual([NaN]);
    }
    const sums = runSum({ shape: [3, 2], axes: [0] }, [NaN, 1, 2, Infinity, 3, 4], [1, 1], 3);
    expect([...sums.got.y]).toEqual([NaN, Infinity]);
  });

  it('comes out the same however the work is cut', () => {
    const shape = [6, 5, 7];
    const reduction = reducedShape('cut', shape, [1], false);
    const nest = reduceNest(shape, reduction);
    const x = new Random(8).normals(210);
    const results = [0, 1, 4, 6].map((cut) => {
      const memory = new Guarded(core);
      const [at, out] = [memory.input(dtype, x), memory.output(dtype, 42)];
      const { axes, workspace, parts } = placed(memory, nest, cut);
      for (const [begin, end] of parts) kernels.sumForward(out, at, 5, axes, workspace, begin, end);
      const y = memory.read(dtype, out, 42);
      memory.verify();
      return y;
    });
    for (const y of results) expect(y).toEqual(results[0]);
  });
});
