import { expect, it } from 'vitest';
import { softmax, softmaxGradients } from '../reference/softmax.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  /** All four kernels on [outer, C, inner], cut in two at a row, against the definitions. */
  function run(outer: number, C: number, inner: number, x: ArrayLike<number>, cut = (outer * inner) >> 1) {
    const size = outer * C * inner;
    const rows = outer * inner;
    const dy = new Random(C).normals(size);
    const memory = new Guarded(core);
    const at = {
      x: memory.input(dtype, x),
      dy: memory.input(dtype, dy),
      y: memory.output(dtype, size),
      logarithm: memory.output(dtype, size),
      dx: memory.output(dtype, size),
      dxOfLogarithm: memory.output(dtype, size),
    };
    for (const [begin, end] of [
      [0, cut],
      [cut, rows],
    ]) {
      kernels.softmaxForward(at.y, at.x, C, inner, begin, end);
      kernels.softmaxBackward(at.dx, at.dy, at.y, C, inner, begin, end);
      kernels.logSoftmaxForward(at.logarithm, at.x, C, inner, begin, end);
      kernels.logSoftmaxBackward(at.dxOfLogarithm, at.dy, at.logarithm, C, inner, begin, end);
    }
    const read = (address: number) => memory.read(dtype, address, size);
    const got = {
      y: read(at.y),
      logarithm: read(at.logarithm),
      dx: read(at.dx),
      dxOfLogarithm: read(at.dxOfLogarithm),
    };
    memory.verify();
    const forward = softmax(x, outer, C, inner);
    return { got, expected: { ...forward, ...softmaxGradients(dy, forward.y, outer, C, inner) } };
  }

  function expectAllClose({ got, expected }: ReturnType<typeof run>, C: number, spread: number): void {
    // Rounding x − max, at most `spread`, enters e^(x−max) as it is.
    const terms = C + 16 + spread;
    expectClose(got.y, expected.y, { dtype, terms, scale: expected.y.map((y) => y + 1e-37) });
    expectClose(got.logarithm, expected.logarithm, { dtype, terms, scale: 1 + spread });
    // |dy| of these normal numbers is below 5, and Σ |dy∘y| with it.
    expectClose(got.dx, expected.dx, { dtype, terms, scale: 10 });
    expectClose(got.dxOfLogarithm, expected.dxOfLogarithm, { dtype, terms, scale: 5 * C });
  }

  for (const C of [1, 2, 3, 4, 5, 7, 8, 9, 10, 64, 257]) {
    it.each([1, 2, 3, 4, 5, 9])(`matches the definition along ${C} elements with %i beside`, (inner) => {
      const outer = 3;
      const x = new Random(inner).normals(outer * C * inner, 0, 3);
      expectAllClose(run(outer, C, inner, x), C, 24);
    });
  }

  it('gives the same bits however the rows are divided', () => {
    const [outer, C, inner] = [2, 5, 7];
    const x = new Random(5).normals(outer * C * inner);
    const whole = run(outer, C, inner, x, 0).got;
    for (let cut = 1; cut < outer * inner; cut++) expect(run(outer, C, inner, x, cut).got).toEqual(whole);
  });

  for (const inner of [1, 3]) {
    const along = (values: number[]) => values.flatMap((value) => new Array<number>(inner).fill(value));

    it(`keeps its digits far from 0 and with masks, ${inner} beside`, () => {
      expectAllClose(run(1, 5, inner, along([1e4, 1e4 + 1, 1e4 - 2, 1e4 + 0.5, 1e4])), 5, 3);
      expectAllClose(run(1, 5, inner, along([-1e4, -1e4 + 1, -1e4 - 2, -1e4 + 0.5, -1e4])), 5, 3);
      const masked = run(1, 5, inner, along([1, -1e9, 2, -1e9, 0]));
      expectClose(masked.got.y, masked.expected.y, { dtype, terms: 24 });
      expect(masked.got.y[inner]).toBe(0);
      expectClose(masked.got.logarithm, masked.expected.logarithm, { dtype, terms: 24 });
      const apart = run(1, 3, inner, along([1e4, -1e4, 0]));
      expect([...apart.got.y]).toEqual(along([1, 0, 0]));
      expect([...apart.got.logarithm]).toEqual(along([0, -2e4, -1e4]));
    });

    it(`treats ∞ and NaN as PyTorch does, ${inner} beside`, () => {
      const inf = Infinity;
      const values = (x: number[]) => {
        const { y, logarithm } = run(1, x.length, inner, along(x)).got;
        return [[...y].filter((_, i) => i % inner === 0), [...logarithm].filter((_, i) => i % inner === 0)];
      };
      expect(values([-inf, -inf, -inf])).toEqual([
        [NaN, NaN, NaN],
        [NaN, NaN, NaN],
      ]);
      expect(values([0, -inf, 0, -inf, -inf])[0]).toEqual([0.5, 0, 0.5, 0, 0]);
      expect(values([0, -inf, 0])[1][1]).toBe(-inf);
      expect(values([0, NaN, 1, 2, 3])).toEqual([new Array(5).fill(NaN), new Array(5).fill(NaN)]);
      expect(values([0, 1, 2, 3, inf])[0].every(Number.isNaN)).toBe(true);
    });

    it(`lets NaN spoil its own row only, ${inner} beside`, () => {
      const x = new Random(6).normals(3 * 5 * inner);
      x[5 * inner] = NaN;
      const { y } = run(3, 5, inner, x).got;
      for (let i = 0; i < y.length; i++) {
        const spoilt = i >= 5 * inner && i < 10 * inner && i % inner === 0;
        expect(Number.isNaN(y[i])).toBe(spoilt);
      }
    });
  }
});
