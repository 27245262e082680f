import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pool2dSizes, quadsWidth, window2d } from '../../src/geometry/pool2d.ts';
import {
  type Axis,
  adaptiveAxis,
  avgPool2dWeights,
  axis,
  maxPool2d,
  maxPool2dGradient,
  times,
  transposed,
} from '../reference/pool2d.ts';
import { sameBits } from '../support/bits.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

interface Side {
  size: number;
  K: number;
  stride: number;
  padding: number;
  dilation: number;
}

/** One axis of a pooling; sizes about the vector's, and windows about the image's. */
const side = (largest: number): fc.Arbitrary<Side> =>
  fc
    .record({
      size: fc.integer({ min: 1, max: largest }),
      K: fc.integer({ min: 1, max: 5 }),
      stride: fc.integer({ min: 1, max: 4 }),
      padding: fc.integer({ min: 0, max: 2 }),
      dilation: fc.integer({ min: 1, max: 3 }),
    })
    .map((s) => ({ ...s, padding: Math.min(s.padding, Math.floor(s.K / 2)) }));

const pooling = fc.record({
  h: side(9),
  w: side(21),
  ceilMode: fc.boolean(),
  planes: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(),
});
type Pooling = typeof pooling extends fc.Arbitrary<infer P> ? P : never;

const axisOf = (s: Side, ceilMode: boolean, dilation = s.dilation): Axis =>
  axis(s.size, s.K, s.stride, s.padding, dilation, ceilMode);
const sizesOf = (h: Side, w: Side) => [h.K, w.K, h.stride, w.stride, h.padding, w.padding] as const;

forEachBuild((core, dtype) => {
  const kernels = core.kernels[dtype];

  /** Runs `call` on planes [0, half) and [half, planes), as two threads would. */
  function inTwo(planes: number, call: (begin: number, end: number) => void) {
    call(0, planes >> 1);
    call(planes >> 1, planes);
  }

  /** Both passes of max pooling between guard words; `forward` gets the addresses of out, argmax and x. */
  function runMax(
    x: ArrayLike<number>,
    planes: number,
    [rows, columns]: [Axis, Axis],
    forward: (out: number, argmax: number, x: number, begin: number, end: number) => void,
    quadsW = 0,
  ) {
    const memory = new Guarded(core);
    const inSize = rows.size * columns.size;
    const outSize = rows.windows.length * columns.windows.length;
    const dy = new Random(planes).normals(planes * outSize);
    dy[0] = -0;
    const at = {
      x: memory.input(dtype, x),
      dy: memory.input(dtype, dy),
      out: memory.output(dtype, planes * outSize),
      argmax: memory.output('i32', planes * outSize, new Int32Array(planes * outSize).fill(-7)),
      dx: memory.output(dtype, planes * inSize),
    };
    inTwo(planes, (begin, end) => forward(at.out, at.argmax, at.x, begin, end));
    const backward = (width: number) => {
      inTwo(planes, (begin, end) =>
        kernels.maxPool2dBackward(at.dx, at.dy, at.argmax, inSize, outSize, width, begin, end),
      );
      return memory.read(dtype, at.dx, planes * inSize).slice();
    };
    const got = {
      y: [...memory.read(dtype, at.out, planes * outSize)],
      argmax: [...memory.read('i32', at.argmax, planes * outSize)],
      dx: backward(quadsW),
    };
    if (quadsW) expect(got.dx).toEqual(backward(0));
    memory.verify();
    const expected = maxPool2d(x, planes, rows, columns);
    expect(got.y).toEqual(expected.y);
    expect(got.argmax).toEqual(expected.argmax);
    const dx = maxPool2dGradient(dy, expected.argmax, planes, inSize);
    const scale = maxPool2dGradient(dy.map(Math.abs), expected.argmax, planes, inSize);
    expectClose(got.dx, dx, { dtype, terms: outSize, scale });
    return got;
  }

  function maxPool(x: ArrayLike<number>, planes: number, h: Side, w: Side, ceilMode = false) {
    const axes: [Axis, Axis] = [axisOf(h, ceilMode), axisOf(w, ceilMode)];
    const [OH, OW] = axes.map(({ windows }) => windows.length);
    const sizes = [h.size, w.size, OH, OW, ...sizesOf(h, w), h.dilation, w.dilation] as const;
    const both = (name: 'K' | 'stride' | 'padding' | 'dilation') => [h[name], w[name]] as [number, number];
    const options = { stride: both('stride'), padding: both('padding'), dilation: both('dilation'), ceilMode };
    const window = window2d('test', both('K'), options);
    const quadsW = quadsWidth(window, pool2dSizes('test', [planes, h.size, w.size], window));
    return runMax(
      x,
      planes,
      axes,
      (out, argmax, from, begin, end) => kernels.maxPool2dForward(out, argmax, from, ...sizes, begin, end),
      quadsW,
    );
  }

  /** Both passes of an average between guard words, against the matrix of its weights and its transpose. */
  function runAvg(
    x: ArrayLike<number>,
    weights: Float64Array[],
    planes: number,
    forward: (out: number, x: number, workspace: number, begin: number, end: number) => void,
    backward: (dx: number, dy: number, workspace: number, begin: number, end: number) => void,
    workspaceBytes = 0,
  ) {
    const memory = new Guarded(core);
    const outputs = weights.length;
    const dy = new Random(planes).normals(outputs);
    const at = {
      x: memory.input(dtype, x),
      dy: memory.input(dtype, dy),
      out: memory.output(dtype, outputs),
      dx: memory.output(dtype, x.length),
      workspace: memory.workspace(workspaceBytes),
    };
    inTwo(planes, (begin, end) => forward(at.out, at.x, at.workspace, begin, end));
    inTwo(planes, (begin, end) => backward(at.dx, at.dy, at.workspace, begin, end));
    const got = { y: memory.read(dtype, at.out, outputs), dx: memory.read(dtype, at.dx, x.length) };
    memory.verify();
    const y = times(weights, x);
    const dx = times(transposed(weights), dy);
    // Additions of a window and one division; a window has at most as many terms as a plane.
    expectClose(got.y, y.value, { dtype, terms: x.length / planes + 1, scale: y.scale });
    expectClose(got.dx, dx.value, { dtype, terms: outputs / planes + 1, scale: dx.scale });
    return got;
  }

  function avgPool(
    x: ArrayLike<number>,
    planes: number,
    h: Side,
    w: Side,
    { ceilMode = false, countIncludePad = true, divisor = 0 },
  ) {
    const [rows, columns] = [axisOf(h, ceilMode, 1), axisOf(w, ceilMode, 1)];
    const sizes = [h.size, w.size, rows.windows.length, columns.windows.length, ...sizesOf(h, w)] as const;
    const count = [Number(countIncludePad), divisor] as const;
    return runAvg(
      x,
      avgPool2dWeights(planes, rows, columns, countIncludePad, divisor || undefined),
      planes,
      (out, from, workspace, begin, end) =>
        kernels.avgPool2dForward(out, from, workspace, ...sizes, ...count, begin, end),
      (dx, dy, workspace, begin, end) => kernels.avgPool2dBackward(dx, dy, workspace, ...sizes, ...count, begin, end),
      kernels.avgPool2dWorkspace(w.size, rows.windows.length, columns.windows.length, w.K, w.stride, w.padding),
    );
  }

  const normals = (seed: number, count: number) => new Random(seed).normals(count);
  const sizeOf = ({ planes, h, w }: Pooling) => planes * h.size * w.size;
  const holdsAWindow = (p: Pooling, dilation?: number) =>
    axisOf(p.h, p.ceilMode, dilation).windows.length > 0 && axisOf(p.w, p.ceilMode, dilation).windows.length > 0;

  it('takes the maximum of every window, whatever the geometry', () => {
    fc.assert(
      fc.property(pooling, (p) => {
        fc.pre(holdsAWindow(p));
        maxPool(normals(p.seed, sizeOf(p)), p.planes, p.h, p.w, p.ceilMode);
      }),
      { numRuns: 200 },
    );
  });

  it('gives ties to the first, NaN to the last, and −∞ a place inside', () => {
    const values = [-Infinity, -3e38, -1, -1, NaN, 0, Infinity].map(dtype === 'f32' ? Math.fround : Number);
    fc.assert(
      fc.property(pooling, fc.integer({ min: 1, max: values.length }), (p, kinds) => {
        fc.pre(holdsAWindow(p));
        const random = new Random(p.seed);
        const x = Array.from({ length: sizeOf(p) }, () => values[random.integer(0, kinds - 1)]);
        maxPool(x, p.planes, p.h, p.w, p.ceilMode);
      }),
      { numRuns: 200 },
    );
  });

  it('averages every window, whatever the geometry', () => {
    const options = fc.record({ countIncludePad: fc.boolean(), divisor: fc.constantFrom(0, 0, 7, -3) });
    fc.assert(
      fc.property(pooling, options, (p, count) => {
        fc.pre(holdsAWindow(p, 1));
        avgPool(normals(p.seed, sizeOf(p)), p.planes, p.h, p.w, { ceilMode: p.ceilMode, ...count });
      }),
      { numRuns: 200 },
    );
  });

  const adaptive = fc.record({
    size: fc.integer({ min: 1, max: 19 }),
    count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 23 })),
  });

  it('shares the image out among any number of outputs', () => {
    fc.assert(
      fc.property(adaptive, adaptive, fc.integer({ min: 1, max: 3 }), fc.nat(), (h, w, planes, seed) => {
        const [rows, columns] = [adaptiveAxis(h.size, h.count), adaptiveAxis(w.size, w.count)];
        const x = normals(seed, planes * h.size * w.size);
        const sizes = [h.size, w.size, h.count, w.count] as const;
        runAvg(
          x,
          avgPool2dWeights(planes, rows, columns, true),
          planes,
          (out, from, _, begin, end) => kernels.adaptiveAvgPool2dForward(out, from, ...sizes, begin, end),
          (dx, dy, _, begin, end) => kernels.adaptiveAvgPool2dBackward(dx, dy, ...sizes, begin, end),
        );
        runMax(x, planes, [rows, columns], (out, argmax, from, begin, end) =>
          kernels.adaptiveMaxPool2dForward(out, argmax, from, ...sizes, begin, end),
        );
      }),
      { numRuns: 150 },
    );
  });

  const square = (size: number, K: number, stride = K, padding = 0, dilation = 1): Side => ({
    size,
    K,
    stride,
    padding,
    dilation,
  });

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 33, 65])('pools %i columns by 2×2 and 3×3', (columns) => {
    const x = normals(columns, 2 * 7 * (2 * columns + 1));
    for (const [h, w] of [
      [square(6, 2), square(2 * columns, 2)],
      [square(7, 2), square(2 * columns + 1, 2)],
      [square(6, 3, 1, 1), square(2 * columns, 3, 1, 1)],
      [square(6, 3, 2, 1), square(2 * columns, 3, 2, 1)],
      [square(6, 2, 2, 0, 3), square(2 * columns, 2)],
    ]) {
      const inside = x.subarray(0, 2 * h.size * w.size);
      maxPool(inside, 2, h, w);
      avgPool(inside, 2, h, w, {});
      avgPool(inside, 2, h, w, { countIncludePad: false });
    }
  });

  it.each([2, 3])('gives the same bits in images so large that rows are read ahead, %i×%i', (K) => {
    const [planes, H, W] = [3, 600, 590];
    const memory = new Guarded(core);
    const window = window2d('test', K, { stride: 2 });
    const sizes = pool2dSizes('test', [planes, H, W], window);
    const { OH, OW } = sizes;
    const inSize = H * W;
    const outSize = OH * OW;
    const at = {
      x: memory.input(dtype, normals(K, planes * inSize)),
      out: memory.output(dtype, planes * outSize),
      argmax: memory.output('i32', planes * outSize),
      dx: memory.output(dtype, planes * inSize),
      workspace: memory.workspace(kernels.avgPool2dWorkspace(W, OH, OW, K, 2, 0)),
    };
    const all = [H, W, OH, OW, K, K, 2, 2, 0, 0] as const;
    const width = quadsWidth(window, sizes);
    /** What two kernels write, of which the second reads what the first has written. */
    const results = (forward: typeof maximum, backward: typeof maximum, step: number) => {
      for (const kernel of [forward, backward]) {
        for (let plane = 0; plane < planes; plane += step) kernel(plane, plane + step);
      }
      const buffers = [memory.read(dtype, at.out, planes * outSize), memory.read(dtype, at.dx, planes * inSize)];
      return [...buffers, memory.read('i32', at.argmax, planes * outSize)];
    };
    const maximum = (begin: number, end: number) =>
      kernels.maxPool2dForward(at.out, at.argmax, at.x, ...all, 1, 1, begin, end);
    const maximumBack = (begin: number, end: number) =>
      kernels.maxPool2dBackward(at.dx, at.out, at.argmax, inSize, outSize, width, begin, end);
    const average = (begin: number, end: number) =>
      kernels.avgPool2dForward(at.out, at.x, at.workspace, ...all, 0, 0, begin, end);
    const averageBack = (begin: number, end: number) =>
      kernels.avgPool2dBackward(at.dx, at.out, at.workspace, ...all, 0, 0, begin, end);
    for (const [forward, backward] of [
      [maximum, maximumBack],
      [average, averageBack],
    ]) {
      const atOnce = results(forward, backward, planes);
      results(forward, backward, 1).forEach((buffer, i) => {
        expect(sameBits(buffer, atOnce[i])).toBe(true);
      });
    }
    memory.verify();
  });

  it('takes a stride larger than memory, for a single window', () => {
    const x = normals(1, 2 * 3 * 5);
    const [h, w] = [square(3, 2, 2 ** 29), square(5, 3, 2 ** 29)];
    maxPool(x, 2, h, w);
    avgPool(x, 2, h, w, {});
  });

  it('lets −3e38 win over padding, and keeps an all-negative window negative', () => {
    const { y } = maxPool(new Array(9).fill(Math.fround(-3e38)), 1, square(3, 2, 2, 1), square(3, 2, 2, 1));
    expect(y).toEqual(new Array(4).fill(Math.fround(-3e38)));
  });

  it('keeps the sign of the zero that came first', () => {
    const x = [-0, 0, 0, -0, 0, -0, 0, 0, -0, -0, 0, 0, -0, 0, 0, 0];
    expect(maxPool(x, 1, square(1, 1), square(16, 2)).y).toEqual([-0, 0, 0, 0, -0, 0, -0, 0]);
  });

  it('gives a window that dilation lets miss the image −∞, and no gradient', () => {
    const { y, argmax, dx } = maxPool([5, 6], 1, square(1, 2, 1, 1, 2), square(2, 1));
    expect([y, argmax, [...dx]]).toEqual([
      [-Infinity, -Infinity],
      [-1, -1],
      [0, 0],
    ]);
  });

  it('passes over an argmax outside the plane', () => {
    const memory = new Guarded(core);
    // Zeros about the plane: the guards are NaN, and a sum with NaN would leave them as they are.
    const around = memory.output(dtype, 12, new Float64Array(12));
    const dx = around + 4 * (dtype === 'f32' ? 4 : 8);
    const argmax = memory.input('i32', [4, -1, 2 ** 31 - 1, -(2 ** 31), 2]);
    kernels.maxPool2dBackward(dx, memory.input(dtype, [1, 2, 3, 4, 5]), argmax, 4, 5, 0, 0, 1);
    expect([...memory.read(dtype, around, 12)]).toEqual([0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0]);
    memory.verify();
  });

  it('carries NaN and ∞ through averages into the windows that hold them only', () => {
    const x = normals(1, 3 * 12);
    x[14] = NaN;
    x[20] = Infinity;
    const { y } = avgPool(x, 1, square(3, 1, 1), square(12, 2, 2), {});
    expect([...Array.from(y).entries()].filter(([, value]) => !Number.isFinite(value))).toEqual([
      [7, NaN],
      [10, Infinity],
    ]);
  });
});

it('counts windows as PyTorch does', () => {
  fc.assert(
    fc.property(pooling, ({ h, w, ceilMode, planes }) => {
      const [rows, columns] = [axisOf(h, ceilMode), axisOf(w, ceilMode)];
      const window = {
        kernelSize: [h.K, w.K],
        stride: [h.stride, w.stride],
        padding: [h.padding, w.padding],
        dilation: [h.dilation, w.dilation],
        ceilMode,
      } as const;
      const sizes = () => pool2dSizes('test', [2, planes, h.size, w.size], window);
      if (rows.windows.length === 0 || columns.windows.length === 0) expect(sizes).toThrow('at least one window');
      else expect(sizes().shape).toEqual([2, planes, rows.windows.length, columns.windows.length]);
    }),
    { numRuns: 500 },
  );
});
