import { describe, expect, it } from 'vitest';
import { createCore, manualSeed, Parameter, randperm, Tensor } from '../src/index.ts';
import { cores } from './support/builds.ts';

const [core] = cores;

it('is a view of linear memory, in the dtype asked for or that of the values', () => {
  const x = Tensor.from([1, 2, 3, 4], [2, 2], { core });
  expect([x.dtype, x.size, x.shape]).toEqual(['f32', 4, [2, 2]]);
  x.data[3] = 9;
  expect([...x.data]).toEqual([1, 2, 3, 9]);
  const copy = x.toArray();
  copy[0] = -1;
  expect(x.data[0]).toBe(1);
  expect(Tensor.from(new Float64Array(2), undefined, { core }).dtype).toBe('f64');
  expect(Tensor.from(new Int32Array(2), undefined, { core }).dtype).toBe('i32');
  expect(Tensor.from(new Uint8Array([255, 0]), undefined, { core }).toArray()).toEqual(new Float32Array([255, 0]));
  expect(Tensor.zeros([], { core }).size).toBe(1);
  expect([...Tensor.full([2], 7, { core, dtype: 'i32' }).data]).toEqual([7, 7]);
});

it('survives growth of the memory: data is made anew', async () => {
  const small = await createCore({ simd: 'plain' }); // growth detaches views where memory is not shared
  const x = Tensor.from([1, 2, 3], [3], { core: small });
  const stale = x.data;
  const before = small.memory.stats().reservedBytes;
  const large = Tensor.ones([200_000], { core: small });
  expect(small.memory.stats().reservedBytes).toBeGreaterThan(before);
  expect(stale.length).toBe(0);
  expect([...x.data]).toEqual([1, 2, 3]);
  expect(large.data[199_999]).toBe(1);
});

describe('copies a view of linear memory that grows for the copy', () => {
  const size = 20_000;
  it.each([
    ['Tensor.from', Tensor.from, 'data'],
    ['Parameter.from', Parameter.from, 'data'],
    ['Tensor.from, a part', Tensor.from, 'part'],
    ['Parameter.from, bytes', Parameter.from, 'bytes'],
  ] as const)('%s', async (_, from, kind) => {
    const small = await createCore({ simd: 'plain' });
    const x = Tensor.from(
      Float32Array.from({ length: size }, (_, i) => i % 251),
      [size],
      { core: small },
    );
    // Memory is filled up first, so that any tensor makes it grow.
    const { reservedBytes, liveBytes } = small.memory.stats();
    small.memory.allocate(reservedBytes - liveBytes - 64);
    const view = {
      data: () => x.data,
      part: () => x.data.subarray(7, size - 5),
      bytes: () => new Uint8Array(x.data.buffer, x.data.byteOffset, 4 * size),
    }[kind]();
    const want = Float32Array.from(view);
    const made = from(view, undefined, { core: small });
    expect(small.memory.stats().reservedBytes).toBeGreaterThan(reservedBytes);
    expect(view.length).toBe(0);
    expect(made.toArray()).toEqual(want);
  });
});

it('shares memory between reshaped views until the last is disposed', () => {
  const { liveTensors, liveBytes } = core.memory.stats();
  const x = Tensor.from([1, 2, 3, 4, 5, 6], [2, 3], { core });
  const view = x.reshape([3, -1]);
  expect(view.shape).toEqual([3, 2]);
  view.data[0] = 10;
  expect(x.data[0]).toBe(10);
  x.dispose();
  expect(() => x.data).toThrow('Tensor [2, 3] was disposed');
  expect(view.data[1]).toBe(2);
  view.dispose();
  view.dispose();
  expect(core.memory.stats()).toMatchObject({ liveTensors, liveBytes });
});

it('clones into memory of its own', () => {
  const x = Tensor.from([1, -0, NaN], [3], { core, dtype: 'f64' });
  const y = x.clone();
  x.fill(0);
  expect([...y.data]).toEqual([1, -0, NaN]);
});

const { gc, process } = globalThis as { gc?: () => void; process?: unknown };

// Firefox does not let a page collect.
it.skipIf(!gc && !process)('gives back memory that was dropped without dispose', async () => {
  if (!gc) throw new Error('run with --expose-gc');
  const other = await createCore({ simd: 'plain' });
  (() => {
    for (let i = 0; i < 20; i++) Tensor.zeros([1000], { core: other });
  })();
  for (let i = 0; i < 20 && other.memory.stats().liveTensors > 0; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(other.memory.stats()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
});

it('draws the same numbers from the same seed, in f32 and f64, and other ones afterwards', () => {
  const draw = (dtype: 'f32' | 'f64') => {
    manualSeed(11, { core });
    return [Tensor.randn([5], { core, dtype }).toArray(), Tensor.rand([4], { core, dtype }).toArray()];
  };
  expect(draw('f32')).toEqual(draw('f32'));
  const [normal, uniform] = draw('f64');
  expect([...draw('f32')[0]]).toEqual([...normal].map(Math.fround));
  expect([...draw('f32')[1]]).toEqual([...uniform].map(Math.fround));
  expect(Tensor.rand([4], { core }).toArray()).not.toEqual(draw('f32')[1]);
});

it('draws numbers with the moments asked for', () => {
  manualSeed(5, { core });
  const n = 100_000;
  const moments = (x: Tensor) => {
    const values = Array.from(x.data);
    const average = (of: (value: number) => number) => values.reduce((sum, value) => sum + of(value), 0) / n;
    const mean = average((value) => value);
    const variance = average((value) => (value - mean) ** 2);
    const fourth = average((value) => (value - mean) ** 4) / variance ** 2;
    return { mean, variance, fourth };
  };
  // Five standard errors of each estimate.
  const normal = moments(Tensor.randn([n], { core, dtype: 'f64', mean: 2, std: 3 }));
  expect(Math.abs(normal.mean - 2)).toBeLessThan((5 * 3) / Math.sqrt(n));
  expect(Math.abs(normal.variance - 9)).toBeLessThan(5 * 9 * Math.sqrt(2 / n));
  expect(Math.abs(normal.fourth - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  const uniform = moments(Tensor.rand([n], { core, dtype: 'f64', low: -1, high: 3 }));
  expect(Math.abs(uniform.mean - 1)).toBeLessThan(5 * Math.sqrt(16 / 12 / n));
  expect(Math.abs(uniform.variance - 16 / 12)).toBeLessThan(5 * Math.sqrt(16 ** 2 / 180 / n));
});

it('permutes', () => {
  manualSeed(1, { core });
  const first = randperm(100, { core });
  expect([...first].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
  expect(randperm(100, { core })).not.toEqual(first);
  manualSeed(1, { core });
  expect(randperm(100, { core })).toEqual(first);
  expect([...randperm(0, { core })]).toEqual([]);
  expect([...randperm(1, { core })]).toEqual([0]);
});

const zeros = (...shape: number[]) => Tensor.zeros(shape, { core });

it.each([
  [() => Tensor.from([1, 2, 3], [2, 2], { core }), 'Tensor.from: values expected 4 numbers, got'],
  [() => Tensor.from('12' as never, [2], { core }), "Tensor.from: values expected an array of numbers, got '12'"],
  [
    () => Tensor.from(undefined as never, [2], { core }),
    'Tensor.from: values expected an array of numbers, got undefined',
  ],
  [() => Tensor.from([1, '2'] as never, [2], { core }), "Tensor.from: values[1] expected a number, got '2'"],
  [
    () => Tensor.from([1.5], [1], { core, dtype: 'i32' }),
    'Tensor.from: values[0] expected a whole number of 32 bits, got 1.5',
  ],
  [() => Tensor.from([2 ** 31], [1], { core, dtype: 'i32' }), 'a whole number of 32 bits, got 2147483648'],
  [() => Tensor.from([NaN], [1], { core, dtype: 'i32' }), 'a whole number of 32 bits, got NaN'],
  [() => zeros(0, 3), 'Tensor.zeros: shape[0] expected a whole number ≥ 1, got 0'],
  [() => zeros(-1), 'got -1'],
  [() => zeros(1.5), 'got 1.5'],
  [() => zeros(NaN), 'got NaN'],
  [() => zeros(Infinity), 'got Infinity'],
  [() => zeros(2 ** 16, 2 ** 16), 'at most 2^31 − 1 elements'],
  [() => Tensor.zeros(3 as never, { core }), 'Tensor.zeros: shape expected an array of sizes, got 3'],
  [() => Tensor.zeros([1], { core, dtype: 'f16' as never }), "dtype expected 'f32' or 'f64' or 'i32', got 'f16'"],
  [
    () => Tensor.zeros([1], { core, type: 'f32' } as never),
    "Tensor.zeros: options expected only dtype, core, got 'type'",
  ],
  [() => Tensor.randn([1], { core, dtype: 'i32' }), "Tensor.randn: dtype expected 'f32' or 'f64', got 'i32'"],
  [() => Tensor.randn([1], { core, std: -1 }), 'Tensor.randn: std expected a finite number ≥ 0, got -1'],
  [() => Tensor.rand([1], { core, low: 2 }), 'Tensor.rand: high expected a finite number ≥ 2, got 1'],
  [() => zeros(2).set([1]), 'Tensor.set: values expected 2 numbers'],
  [() => zeros(6).reshape([4, 2]), 'Tensor.reshape: shape expected 6 elements, got [4, 2]'],
  [() => zeros(6).reshape([-1, 4]), 'Tensor.reshape: shape[0] expected a whole number ≥ 1, got 1.5'],
  [() => zeros(6).reshape([-1, -1]), 'Tensor.reshape: shape'],
  [() => manualSeed(-1, { core }), 'manualSeed: seed expected a whole number ≥ 0 and ≤ 9007199254740991, got -1'],
  [() => manualSeed(0.5, { core }), 'got 0.5'],
  [() => randperm(-1, { core }), 'randperm: n expected a whole number ≥ 0, got -1'],
])('refuses %s', (call, message) => {
  const before = core.memory.stats().liveBytes;
  expect(call).toThrow(message);
  expect(core.memory.stats().liveBytes).toBeLessThanOrEqual(before + 64);
});
