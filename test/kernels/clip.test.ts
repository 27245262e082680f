import { describe, expect, it } from 'vitest';
import { norm } from '../reference/clip.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  function norms(values: ArrayLike<number>) {
    const memory = new Guarded(core);
    const x = memory.input(dtype, values);
    const [n, block] = [values.length, 100];
    const blocks = Math.ceil(n / block);
    const [one, two, max] = (['absoluteSum', 'squareSum', 'absoluteMax'] as const).map((kernel) => {
      const out = memory.output('f64', blocks);
      for (let b = 0; b < blocks; b++) kernels[kernel](out, x, n, block, b, b + 1);
      return memory.read('f64', out, blocks);
    });
    memory.verify();
    const sum = (of: ArrayLike<number>) => Array.from(of).reduce((a, b) => a + b);
    return { one: sum(one), two: sum(two), max: Math.max(...max) };
  }

  function inPlace(values: ArrayLike<number>, kernel: (x: number, begin: number, end: number) => void) {
    const memory = new Guarded(core);
    const x = memory.output(dtype, values.length, values);
    const cut = values.length >> 1;
    kernel(x, 0, cut);
    kernel(x, cut, values.length);
    const got = memory.read(dtype, x, values.length);
    memory.verify();
    return [...got];
  }

  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 257, 1027]) {
    it(`sums, scales and clamps ${size} elements`, () => {
      const values = new Random(size).normals(size);
      const got = norms(values);
      // f32 elements are summed in f64 too.
      expectClose([got.one], [norm(values, 1)], { dtype: 'f64', terms: size + 2 });
      expectClose([got.two], [norm(values, 2) ** 2], { dtype: 'f64', terms: 2 * size + 6 });
      expect(got.max).toBe(norm(values, Infinity));
      expect(inPlace(values, (x, begin, end) => kernels.scaleInPlace(x, 0.25, begin, end))).toEqual(
        [...values].map((value) => 0.25 * value),
      );
      expect(inPlace(values, (x, begin, end) => kernels.clampInPlace(x, 0.5, begin, end))).toEqual(
        [...values].map((value) => Math.max(-0.5, Math.min(0.5, value))),
      );
    });
  }

  it('neither overflows nor loses small f32 elements', () => {
    const values = new Float64Array(1001).fill(2 ** -12);
    values[0] = Math.fround(1e30);
    expectClose([norms(values).two], [values[0] ** 2], { dtype: 'f64', terms: 4 });
    values[0] = 4096;
    const expected = 4096 + 1000 * 2 ** -12; // below f32's last place of 4096 each
    expect(norms(values).one).toBe(expected);
  });

  describe.each([0, 3, 5])('with a special value at %i of 7', (at) => {
    const values = (special: number) => Float64Array.from({ length: 7 }, (_, i) => (i === at ? special : 1));

    it('lets NaN through', () => {
      expect(norms(values(NaN))).toEqual({ one: NaN, two: NaN, max: NaN });
      expect(inPlace(values(NaN), (x, begin, end) => kernels.clampInPlace(x, 0.5, begin, end))[at]).toBeNaN();
    });

    it('lets ∞ through and clamps it', () => {
      expect(norms(values(-Infinity))).toEqual({ one: Infinity, two: Infinity, max: Infinity });
      expect(inPlace(values(-Infinity), (x, begin, end) => kernels.clampInPlace(x, 0.5, begin, end))[at]).toBe(-0.5);
      expect(inPlace(values(-Infinity), (x, begin, end) => kernels.scaleInPlace(x, 0, begin, end))[at]).toBeNaN();
    });

    it('keeps −0', () => {
      expect(inPlace(values(-0), (x, begin, end) => kernels.clampInPlace(x, 0.5, begin, end))[at]).toBe(-0);
      expect(inPlace(values(-0), (x, begin, end) => kernels.scaleInPlace(x, 0.5, begin, end))[at]).toBe(-0);
    });
  });
});
