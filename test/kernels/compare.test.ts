import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparisons } from '../../src/geometry/binary.ts';
import { broadcastShape, loopNest } from '../../src/geometry/broadcast.ts';
import { sizeOf } from '../../src/shape.ts';
import { broadcast, comparisons as definitions } from '../reference/broadcast.ts';
import { forEachBuild } from '../support/builds.ts';
import { Guarded } from '../support/guarded.ts';
import { broadcastableShapes, placed } from '../support/nest.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  describe.each(comparisons)('%s', (formula) => {
    /** The comparison in two parts, and by definition. */
    function run(shapes: readonly [readonly number[], readonly number[]], a: ArrayLike<number>, b: ArrayLike<number>) {
      const shape = broadcastShape('run', ['a', 'b'], shapes);
      const memory = new Guarded(core);
      const at = { a: memory.input(dtype, a), b: memory.input(dtype, b), out: memory.output(dtype, sizeOf(shape)) };
      const { axes, workspace, parts } = placed(memory, loopNest(shape, shape, ...shapes));
      for (const [begin, end] of parts) kernels[`${formula}Forward`](at.out, at.a, at.b, axes, workspace, begin, end);
      const got = [...memory.read(dtype, at.out, sizeOf(shape))];
      memory.verify();
      const operands = [
        { shape: shapes[0], values: a },
        { shape: shapes[1], values: b },
      ];
      return { got, expected: [...broadcast(shape, operands, definitions[formula])] };
    }

    /** Few different values, so that some are equal. */
    const values = (seed: number, count: number) => {
      const random = new Random(seed);
      return Array.from({ length: count }, () => random.integer(-2, 2) / 2);
    };

    it.each([1, 2, 3, 4, 5, 7, 8, 9, 67])('%i elements', (n) => {
      const { got, expected } = run([[n], [n]], values(1, n), values(2, n));
      expect(got).toEqual(expected);
    });

    it('any shapes that broadcast', () => {
      const property = fc.property(broadcastableShapes(2), fc.nat(), ([a, b], seed) => {
        const { got, expected } = run([a, b], values(seed, sizeOf(a)), values(seed + 1, sizeOf(b)));
        expect(got).toEqual(expected);
      });
      fc.assert(property, { numRuns: 40 });
    });

    it('is false with NaN, and -0 is 0', () => {
      const special = [NaN, Infinity, -Infinity, 0, -0, 1];
      const { got, expected } = run([[6, 1], [6]], special, special);
      expect(got).toEqual(expected);
    });
  });
});
