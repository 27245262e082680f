import { expect, it } from 'vitest';
import { Conv2d, Tensor } from '../../src/index.ts';
import {
  col2im,
  conv2dBackwardBias,
  conv2dBackwardInput,
  conv2dBackwardWeight,
  conv2dForward,
  gemm,
  im2col,
} from '../../src/kernels/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectWorked } from './expect-worked.ts';
import { convolution1, convolution3, forward, type Image } from './worked/convolution.ts';
import { differences } from './worked/difference.ts';
import { dot, rowsOf } from './worked/matrix.ts';

const [H, W, k] = [3, 3, 2];
const pixels = (H - k + 1) * (W - k + 1);
const examples = [
  { title: 'one channel', C: 1, O: 1, worked: convolution1 },
  { title: 'three channels in, two out', C: 3, O: 2, worked: convolution3 },
];

/** An image or kernels of `channels` planes from a flat list. */
const planes = (values: number[], height: number, width: number): Image =>
  rowsOf(values, height * width).map((plane) => rowsOf(plane, width));

it.each(examples)('$title: the matrix product is the definition', ({ worked }) => {
  expect(worked.out.flat()).toEqual(worked.y.flat(2));
});

it.each(examples)('$title: derives what central differences find', ({ C, worked }) => {
  const loss = (x: number[], weight: number[], bias: number[]) => {
    const kernels = rowsOf(weight, C * k * k).map((kernel) => planes(kernel, k, k));
    return dot(forward(planes(x, H, W), kernels, bias).flat(2), worked.dy.flat(2));
  };
  const [x, weight, bias] = [worked.x.flat(2), worked.weight.flat(3), worked.bias];
  differences((values) => loss(values, weight, bias), x).forEach((value, i) => {
    expect(worked.dx.flat(2)[i]).toBeCloseTo(value, 8);
  });
  differences((values) => loss(x, values, bias), weight).forEach((value, i) => {
    expect(worked.dweights.flat()[i]).toBeCloseTo(value, 8);
  });
  differences((values) => loss(x, weight, values), bias).forEach((value, i) => {
    expect(worked.dbias[i]).toBeCloseTo(value, 8);
  });
});

it('turns the input gradient into a full correlation with the flipped kernel', () => {
  expect(convolution1.dxByFlip).toEqual(convolution1.dx[0]);
});

// Whole numbers: every product and sum is exact, in f32 too.
forEachBuild((core, dtype) => {
  const tensor = (values: number[], shape: number[]) => Tensor.from(values, shape, { core, dtype });
  const zeros = (...shape: number[]) => Tensor.zeros(shape, { core, dtype });

  it.each(examples)('$title: is what Conv2d computes', ({ C, O, worked }) => {
    const layer = new Conv2d(C, O, k, { core, dtype });
    layer.weight.set(worked.weight.flat(3));
    layer.bias?.set(worked.bias);
    expectWorked(layer.forward(tensor(worked.x.flat(2), [1, C, H, W])), worked.y, 0);
    expectWorked(layer.backward(tensor(worked.dy.flat(2), [1, O, k, k])), worked.dx, 0);
    expectWorked(layer.weight.grad, worked.dweights, 0);
    expectWorked(layer.bias!.grad, worked.dbias, 0);
  });

  it.each(examples)('$title: is what the convolution kernels compute', ({ C, O, worked }) => {
    const x = tensor(worked.x.flat(2), [1, C, H, W]);
    const weight = tensor(worked.weight.flat(3), [O, C, k, k]);
    const dout = tensor(worked.dy.flat(2), [1, O, k, k]);
    const [out, dx, dweight, dbias] = [zeros(1, O, k, k), zeros(1, C, H, W), zeros(O, C, k, k), zeros(O)];
    conv2dForward(x, weight, tensor(worked.bias, [O]), out);
    conv2dBackwardInput(dout, weight, dx);
    conv2dBackwardWeight(dout, x, dweight);
    conv2dBackwardBias(dout, dbias);
    expectWorked(out, worked.y, 0);
    expectWorked(dx, worked.dx, 0);
    expectWorked(dweight, worked.dweights, 0);
    expectWorked(dbias, worked.dbias, 0);
  });

  it.each(examples)('$title: is im2col, gemm and col2im', ({ C, O, worked }) => {
    const taps = C * k * k;
    const columns = zeros(1, taps, pixels);
    im2col(tensor(worked.x.flat(2), [1, C, H, W]), columns, { kernelSize: k });
    expectWorked(columns, worked.columns, 0);

    const matrix = columns.reshape([taps, pixels]);
    const weights = tensor(worked.weights.flat(), [O, taps]);
    const out = tensor(
      worked.bias.flatMap((bias) => new Array<number>(pixels).fill(bias)),
      [O, pixels],
    );
    gemm(weights, matrix, out, { beta: 1 });
    expectWorked(out, worked.out, 0);

    const dout = tensor(worked.dout.flat(), [O, pixels]);
    const dweights = zeros(O, taps);
    gemm(dout, matrix, dweights, { transposeB: true });
    expectWorked(dweights, worked.dweights, 0);

    const dcolumns = zeros(taps, pixels);
    gemm(weights, dout, dcolumns, { transposeA: true });
    expectWorked(dcolumns, worked.dcolumns, 0);

    const dx = zeros(1, C, H, W);
    col2im(dcolumns.reshape([1, taps, pixels]), dx, { kernelSize: k });
    expectWorked(dx, worked.dx, 0);
  });

  it('gives the same with patches as rows and the weights as a 12×2 matrix', () => {
    const out = tensor(
      [...Array(pixels)].flatMap(() => convolution3.bias),
      [pixels, 2],
    );
    const patches = tensor(convolution3.patches.flat(), [pixels, 12]);
    gemm(patches, tensor(convolution3.weightsTransposed.flat(), [12, 2]), out, { beta: 1 });
    expectWorked(out, convolution3.outTransposed, 0);
    // The layer's own [2, 12], read as the transpose of 12×2: no number moves.
    gemm(patches, tensor(convolution3.weight.flat(3), [2, 12]), out, { transposeB: true });
    expectWorked(
      out,
      convolution3.outTransposed.flatMap((row) => row.map((value, o) => value - convolution3.bias[o])),
      0,
    );
  });

  it('gives the same input gradient by the flipped kernel', () => {
    const dx = zeros(1, 1, H, W);
    const padded = tensor(convolution1.dy.flat(2), [1, 1, k, k]);
    conv2dForward(padded, tensor(convolution1.flipped.flat(), [1, 1, k, k]), null, dx, { padding: k - 1 });
    expectWorked(dx, convolution1.dx, 0);
  });
});
