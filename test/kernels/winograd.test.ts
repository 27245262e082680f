import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Core, FloatDType } from '../../src/index.ts';
import { type Conv2dSizes, conv2d } from '../reference/conv2d.ts';
import { sameBits } from '../support/bits.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { guardedShape } from '../support/conv2d-shape.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

const window = { KH: 3, KW: 3, SH: 1, SW: 1, DH: 1, DW: 1 };

/** Rows and columns behind the image may differ from those before it, as with padding 'same'. */
interface Given {
  N: number;
  C: number;
  H: number;
  W: number;
  O: number;
  G?: number;
  PH?: number;
  PW?: number;
  /** Padding below and on the right, less that before. */
  below?: number;
  right?: number;
}

function sizesOf({ PH = 1, PW = 1, G = 1, below = 0, right = 0, ...s }: Given): Conv2dSizes {
  return { ...window, ...s, PH, PW, G, OH: s.H + 2 * PH + below - 2, OW: s.W + 2 * PW + right - 2 };
}

const anySizes = fc
  .record({
    N: fc.integer({ min: 1, max: 3 }),
    Cg: fc.integer({ min: 1, max: 9 }), Og: fc.integer({ min: 1, max: 9 }), G: fc.integer({ min: 1, max: 2 }),
    H: fc.integer({ min: 1, max: 9 }), W: fc.integer({ min: 1, max: 21 }),
    PH: fc.integer({ min: 0, max: 9 }), PW: fc.integer({ min: 0, max: 14 }),
    below: fc.integer({ min: 0, max: 1 }), right: fc.integer({ min: 0, max: 1 }),
  })
  .map(({ Cg, Og, ...s }) => sizesOf({ ...s, C: Cg * s.G, O: Og * s.G }))
  .filter(({ OH, OW }) => OH >= 1 && OW >= 1); // biome-ignore format: one line per pair of axes

const blocks: [string, Conv2dSizes][] = [
  // Of 128 tiles with few channels, of 32 with many; weight gradients add up 256 tiles.
  ['several blocks of tiles', sizesOf({ N: 3, C: 3, H: 41, W: 43, O: 5 })],
  ['several small blocks of tiles', sizesOf({ N: 1, C: 70, H: 25, W: 27, O: 5 })],
  ['a row of tiles longer than a block', sizesOf({ N: 1, C: 2, H: 3, W: 601, O: 3 })],
  ['many small images', sizesOf({ N: 140, C: 5, H: 2, W: 3, O: 4 })],
  ['channels and tiles that are no multiple of what goes together', sizesOf({ N: 2, C: 37, H: 9, W: 57, O: 11 })],
  ['more channels than a block', sizesOf({ N: 1, C: 270, H: 4, W: 5, O: 6 })],
  ['more output channels than a block', sizesOf({ N: 1, C: 6, H: 5, W: 3, O: 270 })],
  ['images that end before the window does', sizesOf({ N: 1, C: 2, H: 1, W: 1, O: 3 })],
  ['blocks that begin and end in the padding', sizesOf({ N: 1, C: 64, H: 100, W: 5, O: 1, PW: 7 })],
  ['padding wider than the image', sizesOf({ N: 1, C: 1, H: 100, W: 1, O: 2, PH: 5, PW: 11 })],
];

/** Where [0, n) is cut, for any n. */
const halves = (n: number) => [0, n >> 1, n];
const thirds = (n: number) => [0, Math.floor(n / 3), Math.floor((2 * n) / 3), n];

/** Random numbers for all that the passes read. */
function valuesOf(s: Conv2dSizes, seed = s.H * 100 + s.W) {
  const random = new Random(seed);
  return {
    x: random.normals(s.N * s.C * s.H * s.W),
    w: random.normals((s.O * s.C * 9) / s.G),
    b: random.normals(s.O),
    dy: random.normals(s.N * s.O * s.OH * s.OW),
  };
}

interface Options {
  biased?: boolean;
  /** What dw and dx hold before; dx is added to only then. */
  before?: { dx: Float64Array; dw: Float64Array };
  /** Where [0, n) is cut. */
  cut?: (n: number) => number[];
  direct?: boolean;
}

/** y, dx and dw between guards, each pass cut in parts as threads would. */
function run(
  core: Core,
  dtype: FloatDType,
  s: Conv2dSizes,
  values: ReturnType<typeof valuesOf>,
  { biased = false, before, cut = (n) => [0, n], direct = false }: Options = {},
) {
  const kernels = core.kernels[dtype];
  const memory = new Guarded(core);
  const [x, w, dy] = [values.x, values.w, values.dy].map((given) => memory.input(dtype, given));
  const b = biased ? memory.input(dtype, values.b) : 0;
  const y = memory.output(dtype, values.dy.length);
  const dx = memory.output(dtype, values.x.length, before?.dx);
  const dw = memory.output(dtype, values.w.length, before?.dw ?? new Float64Array(values.w.length));
  const workspace = direct ? kernels.conv2dWorkspace : kernels.winogradWorkspace;
  const shape = guardedShape(core, dtype, memory, s, workspace);
  const inParts = (n: number, part: (begin: number, end: number) => void) => {
    const at = cut(n);
    for (let i = 1; i < at.length; i++) part(at[i - 1], at[i]);
  };
  const accumulate = before ? 1 : 0;
  if (direct) {
    kernels.conv2dForward(y, x, w, b, shape, 0, s.N * s.OH);
    kernels.conv2dBackwardInput(dx, dy, w, shape, accumulate, 0, s.N * s.C);
    kernels.conv2dBackwardWeight(dw, dy, x, shape, 0, (s.C / s.G) * 9);
  } else {
    inParts(s.N * Math.ceil(s.OH / 4), (from, to) => kernels.winogradForward(y, x, w, b, shape, from, to));
    inParts(s.N * Math.ceil(s.H / 4), (from, to) =>
      kernels.winogradBackwardInput(dx, dy, w, shape, accumulate, from, to),
    );
    inParts(Math.max(s.C, s.O) / s.G, (from, to) => kernels.winogradBackwardWeight(dw, dy, x, shape, from, to));
  }
  const results = {
    y: memory.read(dtype, y, values.dy.length),
    dx: memory.read(dtype, dx, values.x.length),
    dw: memory.read(dtype, dw, values.w.length),
  };
  memory.verify();
  return results;
}

function expectSameBits(got: ReturnType<typeof run>, want: ReturnType<typeof run>): void {
  for (const name of ['y', 'dx', 'dw'] as const) {
    expect(sameBits(got[name], want[name]), name).toBe(true);
  }
}

forEachBuild((core, dtype) => {
  function check(s: Conv2dSizes, biased: boolean, adds: boolean) {
    const values = valuesOf(s);
    const random = new Random(7);
    const before = adds ? { dx: random.normals(values.x.length), dw: random.normals(values.w.length) } : undefined;
    const got = run(core, dtype, s, values, { biased, before, cut: halves });
    const expected = conv2d(s, values.x, values.w, biased ? values.b : undefined, values.dy);
    const hold = (name: 'y' | 'dx' | 'dw', terms: number, added?: Float64Array) => {
      const { value, magnitude } = expected[name];
      const want = added ? value.map((v, i) => v + added[i]) : value;
      // A tile's rounding errors are as large as its largest products, so the scale is that of all; and the products of a point are up
      // to 60 times as large as those that its transform stands for.
      const scale = magnitude.reduce((most, v) => Math.max(most, v), 1) + (added ? 4 : 0);
      expectClose(got[name], want, { dtype, terms: terms + 64, scale });
    };
    hold('y', (s.C / s.G) * 9);
    hold('dx', (s.O / s.G) * 9, before?.dx);
    hold('dw', s.N * s.OH * s.OW, before?.dw);
  }

  it.each(blocks)('matches the definition with %s', (_, sizes) => {
    check(sizes, true, false);
    check(sizes, false, true);
  });

  it('matches the definition for any sizes', () => {
    fc.assert(fc.property(anySizes, fc.boolean(), fc.boolean(), check), { numRuns: 40 });
  });

  it('gives the same bits however its work is cut', () => {
    const sizes = [...blocks.map(([, s]) => s), sizesOf({ N: 3, C: 21, H: 11, W: 14, O: 20, PH: 0, PW: 2 })];
    for (const s of sizes) {
      const values = valuesOf(s);
      const whole = run(core, dtype, s, values);
      for (const cut of [halves, thirds]) expectSameBits(run(core, dtype, s, values, { cut }), whole);
    }
  });

  it('keeps NaN to the tiles that see it', () => {
    const s = sizesOf({ N: 1, C: 5, H: 8, W: 12, O: 3 });
    const values = valuesOf(s);
    const clean = run(core, dtype, s, values);
    // Row 2, column 5 of channel 1: directly three rows and columns, here the tile; those below and beside do not read it.
    values.x[1 * 96 + 2 * 12 + 5] = NaN;
    const { y, dx } = run(core, dtype, s, values);
    for (let i = 0; i < y.length; i++) {
      const [row, column] = [Math.floor((i % 96) / 12), i % 12];
      const seen = row < 4 && column >= 4 && column < 8;
      expect(y[i], `row ${row}, column ${column}`).toBe(seen ? NaN : clean.y[i]);
    }
    expect(dx).toEqual(clean.dx);
  });
});

it.each(cores.map((core) => [core.simd, core] as const))(
  'has at most four times the rounding errors of products, %s',
  (_, core) => {
    for (const s of [sizesOf({ N: 2, C: 32, H: 16, W: 16, O: 32 }), sizesOf({ N: 1, C: 64, H: 14, W: 14, O: 64 })]) {
      const values = valuesOf(s);
      const exact = conv2d(s, values.x, values.w, undefined, values.dy);
      const [ours, direct] = [false, true].map((direct) => run(core, 'f32', s, values, { direct }));
      for (const pass of ['y', 'dx', 'dw'] as const) {
        const errors = (of: typeof ours) => Array.from(of[pass], (value, i) => Math.abs(value - exact[pass].value[i]));
        const [mine, theirs] = [errors(ours), errors(direct)];
        expect(Math.max(...mine) / Math.max(...theirs), `${pass}, largest`).toBeLessThan(4);
        expect(Math.hypot(...mine) / Math.hypot(...theirs), `${pass}, root mean square`).toBeLessThan(4);
      }
    }
  },
);

it.each(cores.map((core) => [core.simd, core] as const))(
  'has at most four times their root mean square with the fewest channels that go by it, %s',
  (simd, core) => {
    const s = sizesOf({ N: 2, C: simd === 'relaxed' ? 3 : 4, H: 32, W: 32, O: 16 });
    const values = valuesOf(s);
    const exact = conv2d(s, values.x, values.w, undefined, values.dy);
    const [ours, direct] = [false, true].map((direct) => run(core, 'f32', s, values, { direct }));
    for (const pass of ['y', 'dx'] as const) {
      const error = (of: typeof ours) =>
        Math.sqrt(of[pass].reduce((sum, v, i) => sum + (v - exact[pass].value[i]) ** 2, 0));
      expect(error(ours) / error(direct), pass).toBeLessThan(4);
    }
  },
);
