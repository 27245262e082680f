import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Conv2dSizes, conv2d, im2col } from '../reference/conv2d.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { guardedShape } from '../support/conv2d-shape.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

type Given = Omit<Conv2dSizes, 'OH' | 'OW'>;

function sizesOf(s: Given): Conv2dSizes {
  const size = (n: number, K: number, S: number, P: number, D: number) =>
    Math.floor((n + 2 * P - D * (K - 1) - 1) / S) + 1;
  return { ...s, OH: size(s.H, s.KH, s.SH, s.PH, s.DH), OW: size(s.W, s.KW, s.SW, s.PW, s.DW) };
}

/** Small sizes of every kind; channels are multiples of the groups. */
const anySizes = fc
  .record({
    N: fc.integer({ min: 1, max: 3 }),
    Cg: fc.integer({ min: 1, max: 4 }), Og: fc.integer({ min: 1, max: 9 }), G: fc.integer({ min: 1, max: 3 }),
    H: fc.integer({ min: 1, max: 11 }), W: fc.integer({ min: 1, max: 19 }),
    KH: fc.integer({ min: 1, max: 4 }), KW: fc.integer({ min: 1, max: 5 }),
    SH: fc.integer({ min: 1, max: 3 }), SW: fc.integer({ min: 1, max: 3 }),
    PH: fc.integer({ min: 0, max: 5 }), PW: fc.integer({ min: 0, max: 5 }),
    DH: fc.integer({ min: 1, max: 3 }), DW: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ Cg, Og, ...s }) => sizesOf({ ...s, C: Cg * s.G, O: Og * s.G }))
  .filter(({ OH, OW }) => OH >= 1 && OW >= 1); // biome-ignore format: one line per pair of axes

const plain = { SH: 1, SW: 1, PH: 1, PW: 1, DH: 1, DW: 1, G: 1 };
const blocks: [string, Conv2dSizes][] = [
  ['more taps than a block of k', sizesOf({ ...plain, N: 2, C: 33, H: 5, W: 6, O: 5, KH: 3, KW: 3 })],
  ['more pixels than a block of columns', sizesOf({ ...plain, N: 1, C: 2, H: 27, W: 29, O: 3, KH: 3, KW: 2 })],
  ['more taps than a block of rows', sizesOf({ ...plain, N: 1, C: 90, H: 3, W: 4, O: 2, KH: 3, KW: 3 })],
  ['more output channels than a block of k', sizesOf({ ...plain, N: 1, C: 2, H: 4, W: 3, O: 260, KH: 2, KW: 1 })],
  ['more pixels than a block of rows', sizesOf({ ...plain, N: 2, C: 5, H: 40, W: 37, O: 7, KH: 3, KW: 5 })],
  ['whole vectors', sizesOf({ ...plain, N: 2, C: 6, H: 16, W: 16, O: 16, KH: 3, KW: 3 })],
  ['weights beyond what is read for two vectors', sizesOf({ ...plain, N: 1, C: 64, H: 4, W: 5, O: 120, KH: 3, KW: 3 })],
  ['small images together', sizesOf({ ...plain, N: 11, C: 8, H: 7, W: 6, O: 9, KH: 3, KW: 3 })],
  ['small images without padding', sizesOf({ ...plain, PH: 0, PW: 0, N: 9, C: 6, H: 9, W: 8, O: 16, KH: 5, KW: 3 })],
  [
    'small images, strides and groups',
    sizesOf({ ...plain, SH: 2, SW: 2, N: 17, C: 20, H: 7, W: 8, O: 16, KH: 3, KW: 4, G: 2 }),
  ],
  ['depthwise', sizesOf({ ...plain, N: 2, C: 7, H: 9, W: 8, O: 14, KH: 3, KW: 3, G: 7 })],
];

/** Numbers that are finite as 0, the others as they are. */
const kinds = (values: ArrayLike<number>) => Array.from(values, (v) => (Number.isFinite(v) ? 0 : v));

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  const products = {
    forward: kernels.conv2dForward,
    backwardInput: kernels.conv2dBackwardInput,
    backwardWeight: kernels.conv2dBackwardWeight,
  };
  const { f32 } = core.kernels;
  const depthwise = {
    forward: f32.depthwiseForward,
    backwardInput: f32.depthwiseBackwardInput,
    backwardWeight: f32.depthwiseBackwardWeight,
  };

  /** All four passes, each cut in two at a place of its own, as two threads would run them. */
  function run(s: Conv2dSizes, biased: boolean, passes = products) {
    const random = new Random(s.H * 1000 + s.W);
    const [P, taps] = [s.OH * s.OW, (s.C / s.G) * s.KH * s.KW];
    const values = {
      x: random.normals(s.N * s.C * s.H * s.W),
      w: random.normals(s.O * taps),
      b: biased ? random.normals(s.O) : undefined,
      dy: random.normals(s.N * s.O * P),
      before: random.normals(s.O * taps),
      xBefore: random.normals(s.N * s.C * s.H * s.W),
    };
    const memory = new Guarded(core);
    const x = memory.input(dtype, values.x);
    const w = memory.input(dtype, values.w);
    const b = values.b ? memory.input(dtype, values.b) : 0;
    const dy = memory.input(dtype, values.dy);
    const y = memory.output(dtype, values.dy.length);
    const dx = memory.output(dtype, values.x.length);
    const dxAdded = memory.output(dtype, values.x.length, values.xBefore);
    const dw = memory.output(dtype, values.w.length, values.before);
    const db = memory.output(dtype, s.O, values.before.subarray(0, s.O));
    const workspace = passes === depthwise ? f32.depthwiseWorkspace : kernels.conv2dWorkspace;
    const shape = guardedShape(core, dtype, memory, s, workspace);
    const halves = (n: number) =>
      [
        [0, n >> 1],
        [n >> 1, n],
      ] as const;
    for (const [begin, end] of halves(s.N * s.OH)) passes.forward(y, x, w, b, shape, begin, end);
    for (const [begin, end] of halves(s.N * s.C)) {
      passes.backwardInput(dx, dy, w, shape, 0, begin, end);
      passes.backwardInput(dxAdded, dy, w, shape, 1, begin, end);
    }
    const weights = passes === depthwise ? s.C : taps;
    for (const [begin, end] of halves(weights)) passes.backwardWeight(dw, dy, x, shape, begin, end);
    for (const [begin, end] of halves(s.O)) kernels.conv2dBackwardBias(db, dy, s.N, s.O, P, begin, end);

    const expected = conv2d(s, values.x, values.w, values.b, values.dy);
    const closeTo = (
      address: number,
      terms: number,
      of: { value: Float64Array; magnitude: Float64Array },
      before?: Float64Array,
    ) => {
      const want = before ? of.value.map((value, i) => value + before[i]) : of.value;
      const scale = before ? of.magnitude.map((value, i) => value + Math.abs(before[i])) : of.magnitude;
      expectClose(memory.read(dtype, address, want.length), want, { dtype, terms: terms + 4, scale });
    };
    closeTo(y, taps, expected.y);
    closeTo(dx, (s.O / s.G) * s.KH * s.KW, expected.dx);
    closeTo(dxAdded, (s.O / s.G) * s.KH * s.KW, expected.dx, values.xBefore);
    closeTo(dw, s.N * P, expected.dw, values.before);
    closeTo(db, s.N * P, expected.db, values.before);
    memory.verify();
  }

  it.each(blocks)('matches the definition with %s', (_, sizes) => run(sizes, true));

  it('matches the definition for any sizes', () => {
    fc.assert(
      fc.property(anySizes, fc.boolean(), (sizes, biased) => run(sizes, biased)),
      { numRuns: 60 },
    );
  });

  it.runIf(dtype === 'f32')('matches the definition directly where each channel is a group', () => {
    const wide = { ...plain, N: 2, C: 3, H: 5, W: 37, O: 6, KH: 3, KW: 3, G: 3 };
    for (const sizes of [wide, { ...wide, SW: 2, SH: 2 }, { ...wide, PW: 4 }, { ...wide, DW: 3, PW: 0 }]) {
      run(sizesOf(sizes), true, depthwise);
    }
    // One output channel for each: 3 × 3 windows go two rows at a time, in bands.
    const one = { ...wide, O: 3 };
    for (const sizes of [
      one,
      { ...one, H: 1 },
      { ...one, H: 6, W: 4 },
      { ...one, H: 70, W: 71 },
      { ...one, PH: 0, PW: 0 },
    ]) {
      run(sizesOf(sizes), true, depthwise);
      run(sizesOf({ ...sizes, PH: 4, PW: 3 }), false, depthwise);
    }
    fc.assert(
      fc.property(anySizes, fc.boolean(), (sizes, biased) => {
        const O = (sizes.O / sizes.G) * sizes.C;
        run({ ...sizes, G: sizes.C, O }, biased, depthwise);
      }),
      { numRuns: 80 },
    );
  });

  it('NaN and infinities go where the definition has them', () => {
    const wide = { ...plain, N: 2, C: 5, H: 12, W: 14, O: 6, KH: 3, KW: 3 };
    for (const given of [wide, { ...wide, W: 16 }, { ...wide, SW: 2 }, { ...wide, PH: 0, PW: 0, O: 1, C: 1 }]) {
      const s = sizesOf(given);
      const random = new Random(s.W);
      const [P, taps] = [s.OH * s.OW, s.C * s.KH * s.KW];
      const [x, w, dy] = [s.N * s.C * s.H * s.W, s.O * taps, s.N * s.O * P].map((size) => random.normals(size));
      // Away from the borders, since padding times infinity is NaN in a matrix product, PyTorch's as well.
      const spoil = (values: Float64Array, width: number, height: number) =>
        values.map((v, i) => {
          const [row, column] = [Math.floor(i / width) % height, i % width];
          const inside = row > 0 && row < height - 1 && column > 0 && column < width - 1;
          return inside && i % 37 === 0 ? [Infinity, -Infinity, NaN][i % 3] : v;
        });
      const [spoiledX, spoiledDy] = [spoil(x, s.W, s.H), spoil(dy, s.OW, s.OH)];
      const memory = new Guarded(core);
      const [finiteX, badX, weight] = [x, spoiledX, w].map((array) => memory.input(dtype, array));
      const [finiteDy, badDy] = [dy, spoiledDy].map((array) => memory.input(dtype, array));
      const [y, dx] = [dy, x].map(({ length }) => memory.output(dtype, length));
      const [dwByX, dwByDy] = [0, 1].map(() => memory.output(dtype, w.length, new Float64Array(w.length)));
      const shape = guardedShape(core, dtype, memory, s, kernels.conv2dWorkspace);
      products.forward(y, badX, weight, 0, shape, 0, s.N * s.OH);
      products.backwardInput(dx, badDy, weight, shape, 0, 0, s.N * s.C);
      products.backwardWeight(dwByX, finiteDy, badX, shape, 0, taps);
      products.backwardWeight(dwByDy, badDy, finiteX, shape, 0, taps);
      const [byX, byDy] = [conv2d(s, spoiledX, w, undefined, dy), conv2d(s, x, w, undefined, spoiledDy)];
      expect(kinds(memory.read(dtype, y, dy.length))).toEqual(kinds(byX.y.value));
      expect(kinds(memory.read(dtype, dx, x.length))).toEqual(kinds(byDy.dx.value));
      expect(kinds(memory.read(dtype, dwByX, w.length))).toEqual(kinds(byX.dw.value));
      expect(kinds(memory.read(dtype, dwByDy, w.length))).toEqual(kinds(byDy.dw.value));
      memory.verify();
    }
  });

  it('an infinity in the last image of small ones stays its own', () => {
    for (const [PH, PW] of [
      [1, 1],
      [0, 0],
    ]) {
      const s = sizesOf({ ...plain, PH, PW, N: 9, C: 8, H: 7, W: 6, O: 9, KH: 3, KW: 3 });
      const random = new Random(PH);
      const taps = s.C * s.KH * s.KW;
      const [x, dy] = [s.C * s.H * s.W, s.O * s.OH * s.OW].map((size) => random.normals(s.N * size));
      const [spoiledX, spoiledDy] = [x.slice(), dy.slice()];
      spoiledX[8 * s.C * s.H * s.W + 3 * s.W + 2] = Infinity;
      spoiledDy[8 * s.O * s.OH * s.OW + 2 * s.OW + 2] = Infinity;
      for (const [givenX, givenDy] of [
        [spoiledX, dy],
        [x, spoiledDy],
      ]) {
        const memory = new Guarded(core);
        const dw = memory.output(dtype, s.O * taps, new Float64Array(s.O * taps));
        const [atX, atDy] = [givenX, givenDy].map((array) => memory.input(dtype, array));
        const shape = guardedShape(core, dtype, memory, s, kernels.conv2dWorkspace);
        products.backwardWeight(dw, atDy, atX, shape, 0, taps);
        const expected = conv2d(s, givenX, random.normals(s.O * taps), undefined, givenDy).dw.value;
        expect(kinds(memory.read(dtype, dw, s.O * taps))).toEqual(kinds(expected));
        memory.verify();
      }
    }
  });

  it('im2col and col2im match the index map for any sizes', () => {
    fc.assert(
      fc.property(anySizes, (s) => {
        const random = new Random(s.W);
        const memory = new Guarded(core);
        const [P, planes] = [s.OH * s.OW, s.N * s.C];
        const values = random.normals(planes * s.H * s.W);
        const upstream = random.normals(planes * s.KH * s.KW * P);
        const columns = memory.output(dtype, upstream.length);
        const dx = memory.output(dtype, values.length);
        const [x, dcolumns] = [memory.input(dtype, values), memory.input(dtype, upstream)];
        const shape = guardedShape(core, dtype, memory, { ...s, O: s.C, G: 1 }, kernels.conv2dWorkspace);
        kernels.im2col(columns, x, shape, 0, planes);
        kernels.col2im(dx, dcolumns, shape, 0, planes);
        const expected = im2col(s, values, upstream);
        expect([...memory.read(dtype, columns, upstream.length)]).toEqual([...expected.col]);
        const got = memory.read(dtype, dx, values.length);
        expectClose(got, expected.dx.value, { dtype, terms: s.KH * s.KW, scale: expected.dx.magnitude });
        memory.verify();
      }),
      { numRuns: 40 },
    );
  });
});
