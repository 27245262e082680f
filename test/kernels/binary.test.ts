import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BinaryFormula, neededBy } from '../../src/geometry/binary.ts';
import { broadcastShape, loopNest } from '../../src/geometry/broadcast.ts';
import { sizeOf } from '../../src/shape.ts';
import { binaries, broadcast, power, summedTo } from '../reference/broadcast.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { broadcastableShapes, placed } from '../support/nest.ts';
import { Random } from '../support/random.ts';

const formulas = Object.keys(neededBy) as BinaryFormula[];

type Shapes = readonly [a: readonly number[], b: readonly number[]];
interface Operands {
  shapes: Shapes;
  a: ArrayLike<number>;
  b: ArrayLike<number>;
  dy: ArrayLike<number>;
}

const shapePairs: Shapes[] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9, 67].map((n): Shapes => [[n], [n]]),
  [[], []],
  [[], [7]],
  [[9], [1]],
  [[3, 5], [5]],
  [
    [3, 5],
    [3, 1],
  ],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [5, 9],
    [1, 9],
  ],
  [
    [2, 3, 4, 5],
    [3, 1, 5],
  ],
  [
    [4, 1, 6],
    [1, 5, 1],
  ],
  [[2, 3, 2, 3, 2], [2]],
  [[1], [2100]],
  [[2100], [3, 1]],
];

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];
  const leastNormal = dtype === 'f32' ? 2 ** -126 : 2 ** -1022;

  /** y, da and db by the kernels, each in two parts; gradients are added to 'initial' where that is given. */
  function run(formula: BinaryFormula, { shapes, a, b, dy }: Operands, cut?: number, initial?: [number[], number[]]) {
    const shape = broadcastShape('run', ['a', 'b'], shapes);
    const memory = new Guarded(core);
    const at = { a: memory.input(dtype, a), b: memory.input(dtype, b), dy: memory.input(dtype, dy) };
    const out = memory.output(dtype, sizeOf(shape));
    const forward = placed(memory, loopNest(shape, shape, ...shapes), cut);
    for (const [begin, end] of forward.parts) {
      kernels[`${formula}Forward`](out, at.a, at.b, forward.axes, forward.workspace, begin, end);
    }
    const gradients = (['A', 'B'] as const).map((which, i) => {
      const d = memory.output(dtype, sizeOf(shapes[i]), initial?.[i]);
      const { axes, workspace, parts } = placed(memory, loopNest(shape, shapes[i], shape, ...shapes), cut);
      for (const [begin, end] of parts) {
        const accumulate = initial ? 1 : 0;
        const needs = neededBy[formula][`d${which.toLowerCase() as 'a' | 'b'}`];
        const [a, b] = [needs.includes('a') ? at.a : 0, needs.includes('b') ? at.b : 0];
        kernels[`${formula}Backward${which}`](d, at.dy, a, b, axes, workspace, accumulate, begin, end);
      }
      return d;
    });
    const y = memory.read(dtype, out, sizeOf(shape));
    const [da, db] = gradients.map((d, i) => memory.read(dtype, d, sizeOf(shapes[i])));
    memory.verify();
    return { y, da, db };
  }

  /** The same by definition. 'magnitude' is what the roundings of each term of a gradient are relative to, summed. */
  function expected(formula: BinaryFormula, { shapes, a, b, dy }: Operands) {
    const shape = broadcastShape('expected', ['a', 'b'], shapes);
    const operands = [
      { shape, values: dy },
      { shape: shapes[0], values: a },
      { shape: shapes[1], values: b },
    ];
    const { f, da, db } = binaries[formula];
    return {
      y: broadcast(shape, operands.slice(1), f),
      da: summedTo(shapes[0], shape, broadcast(shape, operands, da)),
      db: summedTo(shapes[1], shape, broadcast(shape, operands, db)),
      terms: sizeOf(shape),
    };
  }

  /** Random operands; bases of powers are positive. */
  function operands(formula: BinaryFormula, shapes: Shapes, seed = 1): Operands {
    const random = new Random(seed);
    const size = sizeOf(broadcastShape('operands', ['a', 'b'], shapes));
    const a = random.normals(sizeOf(shapes[0]), 0, 2);
    // Some equal to an element of a, for the ties of the maximum.
    const b = random.normals(sizeOf(shapes[1]), 0, 2).map((v, i) => (i % 3 ? v : a[i % a.length]));
    return { shapes, a: formula === 'pow' ? a.map(Math.abs) : a, b, dy: random.normals(size) };
  }

  /** A power's rounding counts |b·log a| times in f64; in its gradient that of b − 1 counts log a times. */
  const powerScale = (formula: BinaryFormula) => (formula === 'pow' ? 64 : 1);

  function check(formula: BinaryFormula, given: Operands, cut?: number) {
    const got = run(formula, given, cut);
    const want = expected(formula, given);
    const scale = (of: ArrayLike<number>, factor = powerScale(formula)) =>
      Array.from(of, (v) => factor * (Math.abs(v) + leastNormal));
    expectClose(got.y, want.y, { dtype, terms: 4, scale: scale(want.y, dtype === 'f32' ? 1 : undefined) });
    const terms = 8 + want.terms;
    expectClose(got.da, want.da.sum, { dtype, terms, scale: scale(want.da.magnitude) });
    expectClose(got.db, want.db.sum, { dtype, terms, scale: scale(want.db.magnitude) });
    return got;
  }

  describe.each(formulas)('%s', (formula) => {
    it.each(shapePairs)('%j ∘ %j', (...shapes) => {
      check(formula, operands(formula, shapes));
    });

    it('any shapes that broadcast', () => {
      fc.assert(
        fc.property(broadcastableShapes(2), fc.nat(), ([a, b], seed) => {
          check(formula, operands(formula, [a, b], seed));
        }),
        { numRuns: 40 },
      );
    });

    it('comes out the same however the work is cut', () => {
      const given = operands(formula, [
        [6, 5, 7],
        [6, 1, 7],
      ]);
      const whole = run(formula, given, 0);
      for (const cut of [1, 3, 5]) expect(run(formula, given, cut)).toEqual(whole);
    });

    it('adds to the gradients there are', () => {
      const given = operands(formula, [[3, 5, 7], [7]]);
      const initial: [number[], number[]] = [new Array(105).fill(8), new Array(7).fill(-8)];
      const got = run(formula, given, undefined, initial);
      const alone = run(formula, given);
      const sum = (of: typeof alone.da, by: number) => of.map((v) => v + by);
      expectClose(got.da, sum(alone.da, 8), { dtype, terms: 2, scale: alone.da.map((v) => Math.abs(v) + 8) });
      expectClose(got.db, sum(alone.db, -8), { dtype, terms: 32, scale: alone.db.map((v) => Math.abs(v) + 64) });
    });

    it('has the limits of its definition', () => {
      const special = [NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 2.5, -2.5];
      const pairs = special.flatMap((a) => special.map((b) => [a, b]));
      const [a, b] = [pairs.map(([a]) => a), pairs.map(([, b]) => b)];
      const given: Operands = { shapes: [[a.length], [b.length]], a, b, dy: a.map(() => 1.5) };
      const got = run(formula, given);
      const want = expected(formula, given);
      for (const [name, of, by] of [
        ['y', got.y, want.y],
        ['da', got.da, want.da.sum],
        ['db', got.db, want.db.sum],
      ] as const) {
        for (const [i, [a, b]] of pairs.entries()) {
          const message = `${name} of ${a}, ${b}: ${of[i]}, not ${by[i]}`;
          if (Number.isFinite(by[i]))
            expect(Math.abs(of[i] - by[i]), message).toBeLessThan(1e-6 * Math.abs(by[i]) + 1e-30);
          else expect(of[i], message).toBe(by[i]);
        }
      }
    });
  });

  it('writes in place where nothing is broadcast', () => {
    const { a, b } = operands('sub', [[9], [9]]);
    const nest = loopNest([9], [9], [9]);
    const memory = new Guarded(core);
    const { axes, workspace } = placed(memory, nest);
    const at = { a: memory.output(dtype, 9, a), b: memory.input(dtype, b) };
    kernels.subForward(at.a, at.a, at.b, axes, workspace, 0, 9);
    expect([...memory.read(dtype, at.a, 9)]).toEqual([...run('sub', { shapes: [[9], [9]], a, b, dy: a }).y]);
    const dout = memory.output(dtype, 9, a);
    kernels.mulBackwardA(dout, dout, 0, at.b, axes, workspace, 0, 0, 9);
    expect([...memory.read(dtype, dout, 9)]).toEqual([...run('mul', { shapes: [[9], [9]], a, b, dy: a }).da]);
    memory.verify();
  });

  it('keeps the sign of zero', () => {
    const zeros = { shapes: [[2], [2]] as const, a: [-0, 0], b: [-0, -0], dy: [-0, 0] };
    expect([...run('add', zeros).y]).toEqual([-0, 0]);
    expect([...run('add', zeros).da]).toEqual([-0, 0]);
    expect([...run('maximum', zeros).y]).toEqual([-0, 0]);
    expect([...run('minimum', zeros).y]).toEqual([-0, -0]);
  });

  describe('powers', () => {
    const powers = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      run('pow', { shapes: [[a.length], [b.length]], a, b, dy: new Float64Array(a.length) }).y;
    const round = dtype === 'f32' ? Math.fround : (x: number) => x;

    it('small whole exponents round once or not at all', () => {
      const a = new Random(5).normals(200, 0, 1e3);
      expect([
        ...powers(
          a,
          a.map(() => 2),
        ),
      ]).toEqual([...a].map((v) => round(v * v)));
      expect([
        ...powers(
          a,
          a.map(() => 1),
        ),
      ]).toEqual([...a]);
      expect([
        ...powers(
          a,
          a.map(() => -1),
        ),
      ]).toEqual([...a].map((v) => round(1 / v)));
      expect([...powers([2, -3, 5, -7, 2, -2], [10, 7, 6, 5, -7, -7])]).toEqual([
        1024,
        -2187,
        15625,
        -16807,
        2 ** -7,
        -(2 ** -7),
      ]);
    });

    it('carry the sign of odd exponents only, of zeros and infinities too', () => {
      const odd = [3, -3, 63, -63, 65, -65, 2 ** 23 + 1];
      const even = [4, -4, 62, -62, 66, -66, 2 ** 24, Infinity, -Infinity];
      const neither = [9.5, -9.5, 0.5];
      for (const a of [-0, -Infinity, -1, -2]) {
        for (const b of [...odd, ...even, ...neither]) {
          const [y] = powers([a], [b]);
          const want = round(power(a, b));
          const message = `${a} to ${b}: ${y}`;
          if (Number.isFinite(want) && want !== 0) expect(Math.abs(y / want - 1), message).toBeLessThan(1e-13);
          else expect(Object.is(y, want), message).toBe(true);
        }
      }
    });

    it('reach from the smallest number to infinity', () => {
      const base = dtype === 'f32' ? 1.25 : 1.5;
      const b = Array.from({ length: 900 }, (_, i) => (i - 450) * (dtype === 'f32' ? 1.03125 : 4.0625));
      const expected = b.map((v) => base ** v);
      const scale = expected.map((v, i) => v * (dtype === 'f32' ? 1 : 4 + Math.abs(b[i])) + leastNormal);
      expectClose(
        powers(
          b.map(() => base),
          b,
        ),
        expected,
        { dtype, terms: 2, scale },
      );
    });
  });
});
