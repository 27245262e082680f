import { expect, it } from 'vitest';
import { Tensor } from '../../src/index.ts';
import * as kernels from '../../src/kernels/index.ts';
import { activations } from '../reference/activation.ts';
import { conv2d, im2col } from '../reference/conv2d.ts';
import { gemm } from '../reference/gemm.ts';
import { layerNorm, layerNormGradients } from '../reference/layernorm.ts';
import { linear } from '../reference/linear.ts';
import { softmax, softmaxGradients } from '../reference/softmax.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  const random = new Random(9);
  const tensor = (shape: number[], values: ArrayLike<number>) => Tensor.from(values, shape, { core, dtype });
  const zeros = (...shape: number[]) => Tensor.zeros(shape, { core, dtype });

  it('gemm', () => {
    const [a, b, c] = [random.normals(6), random.normals(12), random.normals(8)];
    const out = tensor([2, 4], c);
    kernels.gemm(tensor([3, 2], a), tensor([4, 3], b), out, { transposeA: true, transposeB: true, alpha: 2, beta: -1 });
    const options = { M: 2, N: 4, K: 3, transposeA: true, transposeB: true, alpha: 2, beta: -1 };
    const expected = gemm(a, b, c, options);
    expectClose(out.data, expected.out, { dtype, terms: 8, scale: expected.magnitude });
  });

  it('activations', () => {
    const [x, dy] = [random.normals(6), random.normals(6)];
    const [X, DY] = [tensor([2, 3], x), tensor([2, 3], dy)];
    const [y, dx] = [zeros(2, 3), zeros(2, 3)];
    const { f, derivative } = activations.elu;
    kernels.activationForward('elu', X, y, { a: 0.5 });
    kernels.activationBackward('elu', DY, X, dx, { a: 0.5 });
    expectClose(
      y.data,
      Array.from(x, (v) => f(v, 0.5, 0)),
      { dtype, terms: 16 },
    );
    expectClose(
      dx.data,
      Array.from(x, (v, i) => dy[i] * derivative(v, 0.5, 0)),
      { dtype, terms: 16 },
    );
    expect(() => kernels.activationForward('swish' as 'silu', X, y)).toThrow(
      "activationForward: formula expected 'relu'",
    );
    expect(() => kernels.activationForward('relu', X, zeros(6))).toThrow('out expected [2, 3], got [6]');
    expect(() => kernels.activationForward('elu', X, y, { a: NaN })).toThrow('a expected a finite number, got NaN');
    expect(() => kernels.activationBackward('relu', zeros(6), y, dx)).toThrow('dout expected [2, 3], got [6]');
  });

  it('softmax and its logarithm', () => {
    const [x, dy] = [random.normals(6), random.normals(6)];
    const [X, DY] = [tensor([2, 3], x), tensor([2, 3], dy)];
    const [y, dx] = [zeros(2, 3), zeros(2, 3)];
    const expected = softmax(x, 1, 2, 3);
    const gradients = softmaxGradients(dy, expected.y, 1, 2, 3);
    kernels.softmaxForward(X, y, { dim: 0 });
    kernels.softmaxBackward(DY, y, dx, { dim: 0 });
    expectClose(y.data, expected.y, { dtype, terms: 18 });
    expectClose(dx.data, gradients.dx, { dtype, terms: 18, scale: 5 });
    kernels.logSoftmaxForward(X, y, { dim: 0 });
    kernels.logSoftmaxBackward(DY, y, dx, { dim: 0 });
    expectClose(y.data, expected.logarithm, { dtype, terms: 18 });
    expectClose(dx.data, gradients.dxOfLogarithm, { dtype, terms: 18, scale: 10 });
    expect(() => kernels.softmaxForward(X, y, { dim: 2 })).toThrow('dim expected an axis from -2 to 1, got 2');
    expect(() => kernels.softmaxForward(X, zeros(3, 2))).toThrow('softmaxForward: out expected [2, 3], got [3, 2]');
  });

  it('linear', () => {
    const [x, w, b, dy] = [random.normals(6), random.normals(12), random.normals(4), random.normals(8)];
    const [X, W, DY] = [tensor([2, 3], x), tensor([4, 3], w), tensor([2, 4], dy)];
    const [y, dx, dw, db] = [zeros(2, 4), zeros(2, 3), zeros(4, 3), zeros(4)];
    kernels.linearForward(X, W, tensor([4], b), y);
    kernels.linearBackwardInput(DY, W, dx);
    kernels.linearBackwardWeight(DY, X, dw);
    kernels.linearBackwardBias(DY, db);
    const expected = linear({ M: 2, I: 3, O: 4 }, x, w, b, dy);
    for (const [got, want] of [
      [y, expected.y],
      [dx, expected.dx],
      [dw, expected.dw],
      [db, expected.db],
    ] as const) {
      expectClose(got.data, want.value, { dtype, terms: 8, scale: want.magnitude });
    }
  });

  it('conv2d and im2col', () => {
    const s = {
      N: 2,
      C: 2,
      H: 5,
      W: 4,
      O: 3,
      KH: 3,
      KW: 2,
      SH: 2,
      SW: 1,
      PH: 1,
      PW: 0,
      DH: 1,
      DW: 1,
      G: 1,
      OH: 3,
      OW: 3,
    };
    const [x, w, b, dy] = [random.normals(80), random.normals(36), random.normals(3), random.normals(54)];
    const [X, W, DY] = [tensor([2, 2, 5, 4], x), tensor([3, 2, 3, 2], w), tensor([2, 3, 3, 3], dy)];
    const [y, dx, dw, db] = [zeros(2, 3, 3, 3), zeros(2, 2, 5, 4), zeros(3, 2, 3, 2), zeros(3)];
    const options = { stride: [2, 1], padding: [1, 0] } as const;
    kernels.conv2dForward(X, W, tensor([3], b), y, options);
    kernels.conv2dBackwardInput(DY, W, dx, options);
    kernels.conv2dBackwardWeight(DY, X, dw, options);
    kernels.conv2dBackwardBias(DY, db);
    const expected = conv2d(s, x, w, b, dy);
    for (const [got, want] of [
      [y, expected.y],
      [dx, expected.dx],
      [dw, expected.dw],
      [db, expected.db],
    ] as const) {
      expectClose(got.data, want.value, { dtype, terms: 24, scale: want.magnitude });
    }
    const columns = zeros(2, 12, 9);
    const dcolumns = random.normals(216);
    kernels.im2col(X, columns, { kernelSize: [3, 2], ...options });
    kernels.col2im(tensor([2, 12, 9], dcolumns), dx, { kernelSize: [3, 2], ...options });
    const adjoint = im2col(s, x, dcolumns);
    expect([...columns.data]).toEqual([...adjoint.col]);
    expectClose(dx.data, adjoint.dx.value, { dtype, terms: 8, scale: adjoint.dx.magnitude });
  });

  it("convolution's algorithm", () => {
    const [X, W, DY] = [40, 54, 60].map((size) => random.normals(size));
    const [x, w, dy] = [tensor([1, 2, 5, 4], X), tensor([3, 2, 3, 3], W), tensor([1, 3, 5, 4], DY)];
    const [ours, direct] = (['winograd', 'direct'] as const).map((algorithm) => {
      const [y, dx, dw] = [zeros(1, 3, 5, 4), zeros(1, 2, 5, 4), zeros(3, 2, 3, 3)];
      kernels.conv2dForward(x, w, null, y, { padding: 1, algorithm });
      kernels.conv2dBackwardInput(dy, w, dx, { padding: 1, algorithm });
      kernels.conv2dBackwardWeight(dy, x, dw, { padding: 1, algorithm });
      return [y, dx, dw];
    });
    for (const [i, of] of ours.entries()) expectClose(of.data, direct[i].data, { dtype, terms: 64, scale: 16 });
    expect(() => kernels.conv2dForward(x, w, null, zeros(1, 3, 2, 1), { stride: 2, algorithm: 'winograd' })).toThrow(
      "conv2dForward: algorithm expected 'auto' or 'direct' unless the kernel is 3 × 3",
    );
  });

  it('layer norm', () => {
    const [x, dy, gamma, beta] = [random.normals(15), random.normals(15), random.normals(5), random.normals(5)];
    const [X, G] = [tensor([3, 5], x), tensor([5], gamma)];
    const [y, mean, rstd, dx, dgamma, dbeta] = [zeros(3, 5), zeros(3), zeros(3), zeros(3, 5), zeros(5), zeros(5)];
    kernels.layerNormForward(X, G, tensor([5], beta), y, mean, rstd);
    kernels.layerNormBackward(tensor([3, 5], dy), X, G, mean, rstd, dx, dgamma, dbeta);
    const gradients = layerNormGradients(dy, x, 5, 1e-5, gamma);
    expectClose(y.data, layerNorm(x, 5, 1e-5, gamma, beta).y, { dtype, terms: 16, scale: 8 });
    expectClose(dx.data, gradients.dx, { dtype, terms: 16, scale: 16 });
    expectClose(dgamma.data, gradients.dgamma, { dtype, terms: 16, scale: 8 });
    expectClose(dbeta.data, gradients.dbeta, { dtype, terms: 16, scale: 8 });
  });
});

const [core] = cores;
const of = (...shape: number[]) => Tensor.zeros(shape, { core });
const f64 = (...shape: number[]) => Tensor.zeros(shape, { core, dtype: 'f64' });
const matrix = of(2, 2);

it.each([
  [() => kernels.gemm(of(2, 3), of(2, 3), of(2, 3)), 'gemm: b expected [3, N], got [2, 3]'],
  [() => kernels.gemm(of(2), of(2, 3), of(2, 3)), 'gemm: a expected a matrix, got [2]'],
  [() => kernels.gemm(of(2, 3), of(3, 4), of(4, 2)), 'gemm: out expected [2, 4], got [4, 2]'],
  [() => kernels.gemm(of(2, 3), f64(3, 4), of(2, 4)), 'gemm: b expected dtype f32, got'],
  [() => kernels.gemm(matrix, of(2, 2), matrix), 'gemm: out expected memory of its own'],
  [() => kernels.gemm(of(2, 2), of(2, 2), of(2, 2), { alpha: NaN }), 'gemm: alpha expected a finite number, got NaN'],
  [() => kernels.gemm(of(2, 2), of(2, 2), of(2, 2), { transpose: true } as object), "got 'transpose'"],
  [() => kernels.gemm(null as never, of(2, 2), of(2, 2)), 'gemm: a expected a Tensor, got null'],
  [
    () => kernels.conv2dForward(of(1, 3, 5, 5), of(4, 2, 3, 3), null, of(1, 4, 3, 3)),
    'conv2dForward: weight expected [4, 3, 3, 3]',
  ],
  [
    () => kernels.conv2dForward(of(5, 5), of(4, 2, 3, 3), null, of(1, 4, 3, 3)),
    'conv2dForward: x expected [N, C, H, W]',
  ],
  [
    () => kernels.conv2dForward(of(1, 3, 5, 5), of(4, 3), null, of(1, 4, 3, 3)),
    'conv2dForward: weight expected [O, C/groups, KH, KW]',
  ],
  [
    () => kernels.conv2dForward(of(1, 3, 5, 5), of(4, 3, 3, 3), of(3), of(1, 4, 3, 3)),
    'conv2dForward: bias expected [4], got [3]',
  ],
  [
    () => kernels.conv2dBackwardWeight(of(1, 4, 2, 2), of(1, 3, 5, 5), of(4, 3, 3, 3)),
    'dout expected [1, 4, 3, 3], got [1, 4, 2, 2]',
  ],
  [
    () => kernels.conv2dBackwardInput(of(1, 4, 3, 3), of(4, 3, 3, 3), of(1, 3, 5, 5), { stride: 2 }),
    'dout expected [1, 4, 2, 2]',
  ],
  [() => kernels.conv2dBackwardBias(of(1, 4, 3, 3), of(3)), 'conv2dBackwardBias: dbias expected [4], got [3]'],
  [
    () => kernels.im2col(of(1, 3, 5, 5), of(1, 27, 8), { kernelSize: 3 }),
    'im2col: columns expected [1, 27, 9], got [1, 27, 8]',
  ],
  [() => kernels.col2im(of(1, 27, 9), of(1, 3, 2, 2), { kernelSize: 3 }), 'an image that holds a window of 3 rows'],
  [
    () => kernels.im2col(of(1, 3, 5, 5), of(1, 27, 9), { kernelSize: 0 }),
    'im2col: kernelSize expected a whole number ≥ 1',
  ],
  [
    () => kernels.layerNormForward(of(2, 4), of(3), null, of(2, 4), of(2), of(2)),
    'layerNormForward: x expected [..., 3]',
  ],
  [
    () => kernels.linearForward(of(2, 4), of(3, 5), null, of(2, 3)),
    'linearForward: weight expected [O, 4], got [3, 5]',
  ],
])('refuses %s', (call, message) => {
  expect(call).toThrow(message);
});
