import { expect, it } from 'vitest';
import { Conv2d, Tensor } from '../../src/index.ts';
import { conv2d } from '../reference/conv2d.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  it.each([
    [[1, 2, 4, 4], 3, [1, 2 ** 30], [1, 4]],
    [[1, 64, 3, 8], 1, [12_000_000, 1], [3, 1]],
    [[2, 3, 5, 6], 5, [2 ** 31 - 1, 2 ** 31 - 1], [5, 6]],
  ])('takes strides beyond memory where there is one window: %j to %i by %j', (shape, O, huge, enough) => {
    const random = new Random(3);
    const values = random.normals(shape.reduce((product, size) => product * size));
    const results = [huge, enough].map(([height, width]) => {
      const layer = new Conv2d(shape[1], O, 3, { stride: [height, width], bias: false, core, dtype });
      layer.weight.set(new Random(4).normals(layer.weight.size));
      const y = layer.forward(Tensor.from(values, shape, { core, dtype }));
      const dx = layer.backward(Tensor.from(new Random(5).normals(y.size), y.shape, { core, dtype }));
      return [y, dx, layer.weight.grad].map((tensor) => [...(tensor?.toArray() ?? [])]);
    });
    expect(results[0]).toEqual(results[1]);
  });

  it('runs all passes of a strided, dilated, grouped convolution', () => {
    const s = {
      N: 2,
      C: 4,
      H: 9,
      W: 8,
      O: 6,
      KH: 3,
      KW: 2,
      SH: 2,
      SW: 1,
      PH: 1,
      PW: 2,
      DH: 1,
      DW: 2,
      G: 2,
      OH: 5,
      OW: 10,
    };
    const random = new Random(1);
    const options = { stride: [s.SH, s.SW], padding: [s.PH, s.PW], dilation: [s.DH, s.DW], groups: s.G } as const;
    const layer = new Conv2d(s.C, s.O, [s.KH, s.KW], { ...options, core, dtype });
    const [x, dy] = [s.N * s.C * s.H * s.W, s.N * s.O * s.OH * s.OW].map((size) => random.normals(size));
    const w = random.normals(layer.weight.size);
    const b = random.normals(s.O);
    layer.weight.set(w);
    layer.bias?.set(b);
    const y = layer.forward(Tensor.from(x, [s.N, s.C, s.H, s.W], { core, dtype }));
    expect(y.shape).toEqual([s.N, s.O, s.OH, s.OW]);
    const dx = layer.backward(Tensor.from(dy, y.shape, { core, dtype }));
    const expected = conv2d(s, x, w, b, dy);
    const terms = s.N * s.OH * s.OW + 8;
    expectClose(y.data, expected.y.value, { dtype, terms, scale: expected.y.magnitude });
    expectClose(dx.data, expected.dx.value, { dtype, terms, scale: expected.dx.magnitude });
    expectClose(layer.weight.grad.data, expected.dw.value, { dtype, terms, scale: expected.dw.magnitude });
    expectClose(layer.bias?.grad.data ?? [], expected.db.value, { dtype, terms, scale: expected.db.magnitude });
  });

  it.each([
    [3, 1],
    [4, 1],
    [2, 3],
  ])("'same' keeps the image's size with kernel %i and dilation %i", (kernel, dilation) => {
    // Of an odd total PyTorch puts the larger half behind.
    const total = dilation * (kernel - 1);
    const layer = new Conv2d(2, 3, kernel, { padding: 'same', dilation, bias: false, core, dtype });
    const random = new Random(kernel);
    const [x, w] = [random.normals(2 * 7 * 6), random.normals(layer.weight.size)];
    layer.weight.set(w);
    const y = layer.forward(Tensor.from(x, [1, 2, 7, 6], { core, dtype }));
    const before = total >> 1;
    const s = {
      N: 1, C: 2, H: 7, W: 6, O: 3, KH: kernel, KW: kernel, SH: 1, SW: 1,
      PH: before, PW: before, DH: dilation, DW: dilation, G: 1, OH: 7, OW: 6,
    }; // biome-ignore format: sizes
    const expected = conv2d(s, x, w, undefined, new Float64Array(3 * 42));
    expectClose(y.data, expected.y.value, { dtype, terms: layer.weight.size, scale: expected.y.magnitude });
  });

  it('computes the same by either algorithm', () => {
    const [x, dy] = [Tensor.randn([3, 20, 9, 7], { core, dtype }), Tensor.randn([3, 17, 9, 7], { core, dtype })];
    const [ours, direct] = (['winograd', 'direct'] as const).map((algorithm) => {
      const layer = new Conv2d(20, 17, 3, { padding: 1, algorithm, core, dtype });
      layer.weight.set(Array.from({ length: layer.weight.size }, (_, i) => Math.sin(i)));
      layer.bias?.set(Array.from({ length: 17 }, (_, i) => i));
      expect(layer.algorithm).toBe(algorithm);
      expect(layer.algorithmFor(x.shape)).toBe(algorithm);
      return [layer.forward(x), layer.backward(dy), layer.weight.grad, layer.bias?.grad];
    });
    for (const [i, of] of ours.entries()) {
      expectClose(of?.data ?? [], direct[i]?.data ?? [], { dtype, terms: 200, scale: 50 });
      expect(of?.data).not.toEqual(i < 3 ? direct[i]?.data : undefined);
    }
  });

  it("chooses by the sizes of a call with 'auto'", () => {
    const image = [8, 64, 28, 28];
    const chosen = (C: number, O: number, kernel: number, options = {}, shape = [image[0], C, 28, 28]) =>
      new Conv2d(C, O, kernel, { padding: 1, ...options, core, dtype }).algorithmFor(shape);
    expect(chosen(64, 64, 3)).toBe('winograd');
    expect(chosen(64, 64, 3, { algorithm: 'direct' })).toBe('direct');
    expect(chosen(4, 64, 3)).toBe('winograd');
    expect(chosen(3, 64, 3)).toBe(core.simd === 'relaxed' ? 'winograd' : 'direct');
    expect(chosen(2, 64, 3)).toBe('direct');
    expect(chosen(8, 64, 3, {}, [8, 8, 14, 14])).toBe('direct');
    expect(chosen(12, 64, 3, {}, [8, 12, 14, 14])).toBe('winograd');
    expect(chosen(64, 64, 3, { groups: 64 })).toBe('direct');
    expect(chosen(64, 64, 3, {}, [1, 64, 15, 15])).toBe('direct');
    expect(chosen(64, 64, 3, {}, [1, 64, 16, 16])).toBe('winograd');
    expect(chosen(64, 64, 5)).toBe('direct');
    expect(chosen(64, 64, 3, { stride: 2 })).toBe('direct');
    expect(chosen(64, 64, 3, { dilation: 2 })).toBe('direct');
    expect(chosen(3, 2, 3, { algorithm: 'winograd' })).toBe('winograd');
  });

  it("takes each pass of 'auto' by the algorithm that suits it", () => {
    /** Which passes of 'auto' have the bits of Winograd's algorithm, and not those of the direct path. */
    const byWinograd = (C: number, O: number, size: number, padding: number) => {
      const x = Tensor.randn([2, C, size, size], { core, dtype });
      const dy = Tensor.randn([2, O, size - 2 + 2 * padding, size - 2 + 2 * padding], { core, dtype });
      const [auto, winograd, direct] = (['auto', 'winograd', 'direct'] as const).map((algorithm) => {
        const layer = new Conv2d(C, O, 3, { padding, algorithm, core, dtype });
        layer.weight.set(Array.from({ length: layer.weight.size }, (_, i) => Math.sin(i)));
        layer.bias?.set(Array.from({ length: O }, (_, o) => o));
        const y = layer.forward(x).data.slice();
        const dx = layer.backward(dy)?.data.slice();
        return { y, dx, dw: layer.weight.grad.data.slice() };
      });
      return (['y', 'dx', 'dw'] as const).filter((pass) => {
        expect(winograd[pass]).not.toEqual(direct[pass]);
        const taken = auto[pass]?.every((v, i) => v === winograd[pass]?.[i]) ?? false;
        expect(auto[pass]).toEqual((taken ? winograd : direct)[pass]);
        return taken;
      });
    };
    expect(byWinograd(8, 8, 16, 1)).toEqual(['y', 'dx', 'dw']);
    expect(byWinograd(4, 5, 16, 1)).toEqual(['y', 'dx']);
    // Without padding the direct input gradient adds up tap by tap, which is more exact.
    expect(byWinograd(8, 8, 18, 0)).toEqual(['y', 'dw']);
    expect(byWinograd(32, 32, 18, 0)).toEqual(['y', 'dx', 'dw']);
    expect(byWinograd(4, 5, 16, 0)).toEqual([]);
  });

  it('takes a single image', () => {
    const layer = new Conv2d(2, 3, 3, { core, dtype });
    const x = Tensor.randn([2, 5, 6], { core, dtype });
    const single = layer.forward(x);
    expect(single.shape).toEqual([3, 3, 4]);
    const batched = layer.fork().forward(x.reshape([1, 2, 5, 6]));
    expect([...batched.data]).toEqual([...single.data]);
    expect(layer.backward(Tensor.ones([3, 3, 4], { core, dtype })).shape).toEqual([2, 5, 6]);
  });
});

const [core] = cores;
const image = (...shape: number[]) => Tensor.zeros(shape, { core });

it.each([
  [() => new Conv2d(3, 8, 0, { core }), 'new Conv2d: kernelSize expected a whole number ≥ 1, got 0'],
  [() => new Conv2d(3, 8, [3, 2.5], { core }), 'kernelSize[1] expected a whole number ≥ 1, got 2.5'],
  [() => new Conv2d(3, 8, [3] as never, { core }), 'kernelSize expected a whole number or [height, width], got [3]'],
  [() => new Conv2d(3, 8, 3, { core, stride: 0 }), 'stride expected a whole number ≥ 1, got 0'],
  [() => new Conv2d(3, 8, 3, { core, padding: -1 }), 'padding expected a whole number ≥ 0, got -1'],
  [
    () => new Conv2d(3, 8, 3, { core, padding: 'full' as never }),
    "padding expected a size, 'same' or 'valid', got 'full'",
  ],
  [
    () => new Conv2d(3, 8, 3, { core, padding: 'same', stride: 2 }),
    "stride expected 1 with padding 'same', got [2, 2]",
  ],
  [() => new Conv2d(3, 8, 3, { core, dilation: NaN }), 'dilation expected a whole number ≥ 1, got NaN'],
  [
    () => new Conv2d(3, 8, 3, { core, algorithm: 'fft' as never }),
    "new Conv2d: algorithm expected 'auto' or 'direct' or 'winograd', got 'fft'",
  ],
  [
    () => new Conv2d(3, 8, 3, { core, algorithm: 'winograd', stride: 2 }),
    "algorithm expected 'auto' or 'direct' unless the kernel is 3 × 3 with stride and dilation 1, got 'winograd'",
  ],
  [
    () => new Conv2d(3, 8, 3, { core, algorithm: 'winograd', dilation: [1, 2] }),
    "new Conv2d: algorithm expected 'auto' or 'direct'",
  ],
  [() => new Conv2d(3, 8, [3, 5], { core, algorithm: 'winograd' }), "algorithm expected 'auto' or 'direct'"],
  [() => new Conv2d(3, 8, 3, { core, groups: 2 }), 'groups expected a divisor of 3 input channels, got 2'],
  [() => new Conv2d(2, 7, 3, { core, groups: 2 }), 'groups expected a divisor of 7 output channels, got 2'],
  [
    () => new Conv2d(3, 8, 3, { core }).forward(image(8, 1, 28, 28)),
    'Conv2d.forward: x expected [N, 3, H, W], got [8, 1, 28, 28]',
  ],
  [() => new Conv2d(3, 8, 3, { core }).forward(image(28, 28)), 'Conv2d.forward: x expected [N, 3, H, W], got [28, 28]'],
  [() => new Conv2d(3, 8, 5, { core }).forward(image(1, 3, 4, 9)), 'x expected an image that holds a window of 5 rows'],
])('refuses %s', (call, message) => {
  expect(call).toThrow(message);
});
