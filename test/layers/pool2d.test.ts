import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool2d,
  createCore,
  type Layer,
  MaxPool2d,
  Sequential,
  Tensor,
} from '../../src/index.ts';
import * as kernels from '../../src/kernels/index.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { Random } from '../support/random.ts';

const ramp = (count: number) => Array.from({ length: count }, (_, i) => i);

forEachBuild((core, dtype) => {
  const on = { core, dtype };
  const image = (shape: number[]) => Tensor.from(ramp(shape.reduce((a, b) => a * b)), shape, on);

  it('pools by hand-checked numbers and sends gradients back', () => {
    const x = image([1, 1, 4, 4]);
    const dy = Tensor.from([1, 2, 3, 4], [1, 1, 2, 2], on);
    for (const [layer, y, dx] of [
      [new MaxPool2d(2, on), [5, 7, 13, 15], [0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4]],
      [new AdaptiveMaxPool2d(2, on), [5, 7, 13, 15], [0, 0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4]],
      [
        new AvgPool2d(2, on),
        [2.5, 4.5, 10.5, 12.5],
        [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4].map((d) => d / 4),
      ],
      [new AdaptiveAvgPool2d([2, 2], on), [2.5, 4.5, 10.5, 12.5], undefined],
    ] as [Layer, number[], number[] | undefined][]) {
      const out = layer.forward(x);
      expect([out.shape, [...out.data]]).toEqual([[1, 1, 2, 2], y]);
      const gradient = layer.backward(dy);
      expect(gradient.shape).toEqual(x.shape);
      if (dx) expect([...gradient.data]).toEqual(dx);
      // Gradients of a layer without parameters overwrite, and its buffers stay.
      expect([...layer.backward(dy).data]).toEqual([...gradient.data]);
      expect(layer.forward(x)).toBe(out);
      expect(layer.parameters()).toEqual([]);
      layer.dispose();
    }
    x.dispose();
    dy.dispose();
  });

  it('takes [C, H, W] as [N, C, H, W], and sizes [h, w] and null as PyTorch does', () => {
    const x = image([2, 5, 7]);
    expect(new MaxPool2d([2, 3], on).forward(x).shape).toEqual([2, 2, 2]);
    expect(new MaxPool2d(3, { ...on, stride: 2, ceilMode: true }).forward(x).shape).toEqual([2, 2, 3]);
    expect(new AvgPool2d(2, { ...on, stride: [1, 2], padding: [1, 0] }).forward(x).shape).toEqual([2, 6, 3]);
    expect(new AdaptiveAvgPool2d(1, on).forward(x).shape).toEqual([2, 1, 1]);
    expect([...new AdaptiveAvgPool2d(1, on).forward(x).data]).toEqual([17, 52]);
    expect(new AdaptiveMaxPool2d([null, 3], on).forward(x).shape).toEqual([2, 5, 3]);
    expect([...new AdaptiveMaxPool2d([null, null], on).forward(x).data]).toEqual(ramp(70));
  });

  it('divides by what it counts', () => {
    const x = Tensor.ones([1, 3, 3], on);
    const corner = (options: object) => new AvgPool2d(2, { ...on, padding: 1, ...options }).forward(x).data[0];
    expect(corner({})).toBe(0.25);
    expect(corner({ countIncludePad: false })).toBe(1);
    expect(corner({ divisorOverride: 2 })).toBe(0.5);
    expect(corner({ divisorOverride: -2 })).toBe(-0.5);
    // The last window of ceilMode holds one place: it counts no other.
    const last = new AvgPool2d(2, { ...on, ceilMode: true }).forward(x).data;
    expect([...last]).toEqual([1, 1, 1, 1]);
  });

  it('keeps the argmax of each call-site', () => {
    const layer = new MaxPool2d(2, on);
    const fork = layer.fork();
    layer.forward(Tensor.from([1, 0, 0, 0], [1, 2, 2], on));
    fork.forward(Tensor.from([0, 0, 0, 1], [1, 2, 2], on));
    const dy = Tensor.ones([1, 1, 1], on);
    expect([...layer.backward(dy).data]).toEqual([1, 0, 0, 0]);
    expect([...fork.backward(dy).data]).toEqual([0, 0, 0, 1]);
  });

  it('offers the same as kernel calls', () => {
    const x = Tensor.randn([2, 3, 6, 7], on);
    const dy = Tensor.randn([2, 3, 3, 3], on);
    const out = Tensor.zeros([2, 3, 3, 3], on);
    const argmax = Tensor.zeros([2, 3, 3, 3], { core, dtype: 'i32' });
    const dx = Tensor.zeros(x.shape, on);
    const max = { stride: 2, padding: 1, dilation: [1, 2], ceilMode: true } as const;
    const avg = { stride: [2, 3], padding: 1, countIncludePad: false } as const;
    const expectSame = (layer: Layer) => {
      expect([...out.data]).toEqual([...layer.forward(x).data]);
      expect([...dx.data]).toEqual([...layer.backward(dy).data]);
    };
    kernels.maxPool2dForward(x, out, argmax, [3, 3], { ...max, ceilMode: false });
    kernels.maxPool2dBackward(dy, argmax, dx);
    expectSame(new MaxPool2d([3, 3], { ...on, ...max, ceilMode: false }));
    kernels.avgPool2dForward(x, out, 3, avg);
    kernels.avgPool2dBackward(dy, dx, 3, avg);
    expectSame(new AvgPool2d(3, { ...on, ...avg }));
    kernels.adaptiveMaxPool2dForward(x, out, argmax);
    kernels.maxPool2dBackward(dy, argmax, dx);
    expectSame(new AdaptiveMaxPool2d(3, on));
    kernels.adaptiveAvgPool2dForward(x, out);
    kernels.adaptiveAvgPool2dBackward(dy, dx);
    expectSame(new AdaptiveAvgPool2d(3, on));
  });
});

const [core] = cores;

/** Central differences of ⟨dy, layer(x)⟩ in f64. The elements of x lie 0.1 apart, so that no step makes a tie. */
function worstGradientError(layer: Layer, shape: number[], seed: number): number {
  const random = new Random(seed);
  const values = ramp(shape.reduce((a, b) => a * b)).map((i) => i / 10);
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [values[i], values[j]] = [values[j], values[i]];
  }
  const x = Tensor.from(values, shape, { core, dtype: 'f64' });
  const y = layer.forward(x);
  const dy = Tensor.from(random.normals(y.size), y.shape, { core, dtype: 'f64' });
  const dx = layer.backward(dy).toArray();
  const along = (i: number, step: number) => {
    const before = x.data[i];
    x.data[i] += step;
    const sum = [...layer.forward(x).data].reduce((total, value, o) => total + value * dy.data[o], 0);
    x.data[i] = before;
    return sum;
  };
  const step = 2 ** -20;
  let worst = 0;
  dx.forEach((d, i) => {
    worst = Math.max(worst, Math.abs((along(i, step) - along(i, -step)) / (2 * step) - d) / Math.max(1, Math.abs(d)));
  });
  x.dispose();
  dy.dispose();
  layer.dispose();
  return worst;
}

it('has the gradient of its forward, whatever the geometry', () => {
  const on = { core, dtype: 'f64' } as const;
  const size = fc.integer({ min: 1, max: 3 });
  const half = fc.integer({ min: 0, max: 1 });
  fc.assert(
    fc.property(size, size, half, fc.boolean(), fc.boolean(), fc.nat(), (K, stride, pad, ceilMode, count, seed) => {
      const options = { ...on, stride, padding: pad * Math.floor(K / 2), ceilMode };
      const shape = [1, 2, 5, 7];
      // Pooling is linear between ties: central differences err by rounding alone, about 2⁻⁵³·2²⁰ times the sum.
      for (const layer of [
        new MaxPool2d(K, options),
        new AvgPool2d([K, 2 + pad], { ...options, padding: 0, countIncludePad: count }),
        new AdaptiveAvgPool2d([K, stride + 2], on),
        new AdaptiveMaxPool2d([stride, null], on),
      ]) {
        expect(worstGradientError(layer, shape, seed)).toBeLessThan(1e-7);
      }
    }),
    { numRuns: 30 },
  );
});

it('refuses windows that make no sense', () => {
  for (const [Pool, name] of [
    [MaxPool2d, 'MaxPool2d'],
    [AvgPool2d, 'AvgPool2d'],
  ] as const) {
    const make = (kernelSize: unknown, options: object = {}) => {
      return () => new Pool(kernelSize as number, { core, ...options });
    };
    for (const bad of [0, -1, 1.5, NaN, Infinity, 2 ** 31]) {
      expect(make(bad)).toThrow(`new ${name}: kernelSize expected a whole number ≥ 1`);
      expect(make(2, { stride: bad })).toThrow(`new ${name}: stride expected a whole number ≥ 1`);
      expect(make([2, bad])).toThrow(`new ${name}: kernelSize[1] expected a whole number ≥ 1`);
    }
    for (const bad of [-1, 0.5, NaN]) expect(make(2, { padding: bad })).toThrow('padding expected a whole number ≥ 0');
    expect(make('2')).toThrow(TypeError);
    expect(make([2, 2, 2])).toThrow('kernelSize expected a whole number or [height, width], got [2, 2, 2]');
    expect(make(undefined)).toThrow(TypeError);
    expect(make(3, { padding: 2 })).toThrow(`new ${name}: padding expected at most half of the kernel size 3, got 2`);
    expect(make([4, 1], { padding: [2, 1] })).toThrow('padding expected at most half of the kernel size 1, got 1');
    expect(make(2 ** 30)).toThrow('kernelSize expected a span');
    expect(make(2, { stride: 2 ** 30 })).toThrow('stride expected at most');
    expect(make(2, { ceilMode: 1 })).toThrow('ceilMode expected true or false, got 1');
    expect(make(2, { strides: 1 })).toThrow("got 'strides'");
    expect(make(2, { dtype: 'i32' })).toThrow('dtype');
  }
  expect(() => new MaxPool2d(2, { core, dilation: 0 })).toThrow('dilation expected a whole number ≥ 1, got 0');
  expect(() => new AvgPool2d(2, { core, dilation: 1 } as object)).toThrow("got 'dilation'");
  expect(() => new AvgPool2d(2, { core, divisorOverride: 0 })).toThrow('divisorOverride expected a whole number other');
  expect(() => new AvgPool2d(2, { core, divisorOverride: 1.5 })).toThrow('divisorOverride expected a whole number');
  for (const bad of [0, -1, 1.5, NaN, '1', null, undefined, [1], [1, 0], [undefined, 1], [1, 2, 3]]) {
    expect(() => new AdaptiveAvgPool2d(bad as number, { core })).toThrow('new AdaptiveAvgPool2d: outputSize');
    expect(() => new AdaptiveMaxPool2d(bad as number, { core })).toThrow('new AdaptiveMaxPool2d: outputSize');
  }
});

it('refuses images that it cannot take, before anything changes', async () => {
  const other = await createCore();
  for (const layer of [
    new MaxPool2d(2, { core }),
    new AvgPool2d(2, { core }),
    new AdaptiveAvgPool2d(2, { core }),
    new AdaptiveMaxPool2d(2, { core }),
  ]) {
    const { name } = layer.constructor;
    const x = Tensor.ones([1, 4, 4], { core });
    expect(() => layer.backward(x)).toThrow(`${name}.backward: no forward pass`);
    const y = layer.forward(x);
    for (const shape of [[4], [4, 4], [1, 1, 1, 4, 4]]) {
      expect(() => layer.forward(Tensor.zeros(shape, { core }))).toThrow(
        `${name}.forward: x expected [N, C, H, W] or [C, H, W], got [${shape.join(', ')}]`,
      );
    }
    expect(() => layer.forward(Tensor.zeros([1, 4, 4], { core, dtype: 'f64' }))).toThrow('x expected dtype f32');
    expect(() => layer.forward(Tensor.zeros([1, 4, 4], { core: other }))).toThrow('x belongs to another core');
    const gone = Tensor.zeros([1, 4, 4], { core });
    gone.dispose();
    expect(() => layer.forward(gone)).toThrow('was disposed');
    expect(() => layer.forward([1] as unknown as Tensor)).toThrow('x expected a Tensor');
    expect(() => layer.backward(x)).toThrow(`${name}.backward: dy expected [1, 2, 2], got [1, 4, 4]`);
    expect([...y.data]).toEqual([1, 1, 1, 1]);
    expect(layer.backward(y).shape).toEqual([1, 4, 4]);
  }
  expect(() => new MaxPool2d(5, { core, padding: 0 }).forward(Tensor.zeros([1, 4, 9], { core }))).toThrow(
    'MaxPool2d.forward: x expected an image that holds at least one window of 5 × 5 with padding [0, 0], got [1, 4, 9]',
  );
  expect(() => new AvgPool2d([1, 9], { core }).forward(Tensor.zeros([1, 4, 8], { core }))).toThrow('window of 1 × 9');
  expect(new MaxPool2d(3, { core, stride: 2, ceilMode: true }).forward(Tensor.ones([1, 2, 2], { core })).size).toBe(1);
});

it('refuses kernel calls whose tensors do not fit', () => {
  const x = Tensor.zeros([1, 4, 4], { core });
  const out = Tensor.zeros([1, 2, 2], { core });
  const argmax = Tensor.zeros([1, 2, 2], { core, dtype: 'i32' });
  const dx = Tensor.zeros([1, 4, 4], { core });
  expect(() => kernels.maxPool2dForward(x, out, argmax, 3)).toThrow('maxPool2dForward: out expected [1, 1, 1]');
  expect(() => kernels.maxPool2dForward(x, out, out, 2)).toThrow('argmax expected dtype i32, got');
  expect(() => kernels.maxPool2dForward(argmax, out, argmax, 2)).toThrow("x expected dtype 'f32' or 'f64'");
  expect(() => kernels.maxPool2dForward(x, out, argmax, 2, { pad: 1 } as object)).toThrow("got 'pad'");
  expect(() => kernels.maxPool2dBackward(x.reshape([2, 2, 4]), argmax, dx)).toThrow('dout expected [1, 2, 4]');
  expect(() => kernels.maxPool2dBackward(out, argmax, x.reshape([16]))).toThrow(
    'dx expected [N, C, H, W] or [C, H, W]',
  );
  expect(() => kernels.avgPool2dForward(x, out, 2, { divisorOverride: 0 })).toThrow(
    'avgPool2dForward: divisorOverride',
  );
  expect(() => kernels.avgPool2dBackward(out, dx, 3)).toThrow('avgPool2dBackward: dout expected [1, 1, 1]');
  expect(() => kernels.adaptiveAvgPool2dForward(x, out.reshape([4]))).toThrow('out expected');
  expect(() => kernels.adaptiveAvgPool2dForward(x, out.reshape([4, 1, 1]))).toThrow('out expected [1, 1, 1]');
  expect(() => kernels.adaptiveAvgPool2dBackward(out, argmax)).toThrow('dx expected dtype f32');
  expect(() => kernels.adaptiveMaxPool2dForward(x, out, out)).toThrow('argmax expected dtype i32');
});

it('stands in a Sequential without adding to its state', () => {
  const model = new Sequential(
    new MaxPool2d(2, { core }),
    new AvgPool2d(2, { core }),
    new AdaptiveAvgPool2d(1, { core }),
  );
  expect(Object.keys(model.stateDict())).toEqual([]);
  expect(model.forward(Tensor.ones([2, 3, 8, 8], { core })).shape).toEqual([2, 3, 1, 1]);
  const dx = model.backward(Tensor.ones([2, 3, 1, 1], { core }));
  expect([...dx.data].reduce((a, b) => a + b)).toBe(6);
});
