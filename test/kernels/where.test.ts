import fc from 'fast-check';
import { expect, it } from 'vitest';
import { broadcastShape, loopNest } from '../../src/geometry/broadcast.ts';
import { sizeOf } from '../../src/shape.ts';
import { broadcast, summedTo } from '../reference/broadcast.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { broadcastableShapes, placed } from '../support/nest.ts';
import { Random } from '../support/random.ts';

type Shapes = readonly [c: readonly number[], a: readonly number[], b: readonly number[]];
type Values = readonly [c: ArrayLike<number>, a: ArrayLike<number>, b: ArrayLike<number>, dy: ArrayLike<number>];

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  /** y, da and db in two parts each; gradients are added to `initial` where that is given. */
  function run(shapes: Shapes, [c, a, b, dy]: Values, initial?: number) {
    const shape = broadcastShape('run', ['condition', 'a', 'b'], shapes);
    const memory = new Guarded(core);
    const condition = memory.input(dtype, c);
    const [atA, atB, dout] = [memory.input(dtype, a), memory.input(dtype, b), memory.input(dtype, dy)];
    const out = memory.output(dtype, sizeOf(shape));
    const forward = placed(memory, loopNest(shape, shape, ...shapes));
    for (const [begin, end] of forward.parts) {
      kernels.whereForward(out, condition, atA, atB, forward.axes, forward.workspace, begin, end);
    }
    const gradients = ([1, 2] as const).map((i) => {
      const size = sizeOf(shapes[i]);
      const d = memory.output(dtype, size, initial === undefined ? undefined : new Float64Array(size).fill(initial));
      const { axes, workspace, parts } = placed(memory, loopNest(shape, shapes[i], shape, shapes[0]));
      const kernel = i === 1 ? kernels.whereBackwardA : kernels.whereBackwardB;
      const accumulate = initial === undefined ? 0 : 1;
      for (const [begin, end] of parts) kernel(d, dout, condition, axes, workspace, accumulate, begin, end);
      return d;
    });
    const y = memory.read(dtype, out, sizeOf(shape));
    const [da, db] = gradients.map((d, i) => memory.read(dtype, d, sizeOf(shapes[i + 1])));
    memory.verify();
    return { y, da, db };
  }

  function check(shapes: Shapes, values: Values, initial?: number) {
    const shape = broadcastShape('check', ['condition', 'a', 'b'], shapes);
    const operands = shapes.map((of, i) => ({ shape: of, values: values[i] }));
    const upstream = [{ shape, values: values[3] }, operands[0]];
    const got = run(shapes, values, initial);
    expect([...got.y]).toEqual([...broadcast(shape, operands, (c, a, b) => (c !== 0 ? a : b))]);
    for (const [i, d, slope] of [
      [1, got.da, (dy: number, c: number) => (c !== 0 ? dy : 0)],
      [2, got.db, (dy: number, c: number) => (c !== 0 ? 0 : dy)],
    ] as const) {
      const { sum, magnitude } = summedTo(shapes[i], shape, broadcast(shape, upstream, slope));
      const start = initial ?? 0;
      expectClose(
        d,
        sum.map((v) => v + start),
        { dtype, terms: 2 + sizeOf(shape), scale: magnitude.map((v) => v + Math.abs(start)) },
      );
    }
  }

  function random(shapes: Shapes, seed: number): Values {
    const from = new Random(seed);
    const condition = Array.from({ length: sizeOf(shapes[0]) }, () => from.integer(-1, 1));
    const [a, b] = [from.normals(sizeOf(shapes[1])), from.normals(sizeOf(shapes[2]))];
    return [condition, a, b, from.normals(sizeOf(broadcastShape('random', [], shapes)))];
  }

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 67])('%i elements', (n) => {
    const shapes: Shapes = [[n], [n], [n]];
    check(shapes, random(shapes, n));
  });

  it('any shapes that broadcast', () => {
    const property = fc.property(broadcastableShapes(3), fc.nat(), fc.boolean(), ([c, a, b], seed, adds) => {
      check([c, a, b], random([c, a, b], seed), adds ? 3 : undefined);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('shows nothing of what was not chosen, and takes NaN for true', () => {
    const c = [1, 0, NaN, -0, -Infinity, 0, 1];
    const a = [1, NaN, 2, NaN, 3, Infinity, 4];
    const b = [NaN, 1, NaN, 2, NaN, 3, Infinity];
    const { y, da, db } = run([[7], [7], [7]], [c, a, b, [1, 2, 3, 4, 5, 6, 7]]);
    expect([...y]).toEqual([1, 1, 2, 2, 3, 3, 4]);
    expect([...da]).toEqual([1, 0, 3, 0, 5, 0, 7]);
    expect([...db]).toEqual([0, 2, 0, 4, 0, 6, 0]);
    const upstream = run([[7], [7], [7]], [c, a, b, [NaN, 1, 1, NaN, 1, 1, 1]]);
    expect([...upstream.da]).toEqual([NaN, 0, 1, 0, 1, 0, 1]);
    expect([...upstream.db]).toEqual([0, 1, 0, NaN, 0, 1, 0]);
  });

  it('converts whole numbers', () => {
    const memory = new Guarded(core);
    const x = memory.input('i32', [0, -1, 7, 2 ** 24 + 1, -(2 ** 31)]);
    const out = memory.output(dtype, 5);
    kernels.fromInt(out, x, 0, 2);
    kernels.fromInt(out, x, 2, 5);
    const large = dtype === 'f32' ? 2 ** 24 : 2 ** 24 + 1;
    expect([...memory.read(dtype, out, 5)]).toEqual([0, -1, 7, large, -(2 ** 31)]);
    memory.verify();
  });
});
