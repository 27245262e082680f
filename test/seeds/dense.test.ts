import { expect, it } from 'vitest';
import { Linear, Tensor } from '../../src/index.ts';
import { gemm } from '../../src/kernels/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectWorked } from './expect-worked.ts';
import { forward, dense as worked } from './worked/dense.ts';
import { differences } from './worked/difference.ts';
import { dot, rowsOf } from './worked/matrix.ts';

const [M, N, K] = [2, 2, 3];

it('derives what central differences find', () => {
  const loss = (x: number[], weight: number[], bias: number[]) =>
    dot(forward(rowsOf(x, K), rowsOf(weight, K), bias).flat(), worked.dy.flat());
  const [x, weight, bias] = [worked.x.flat(), worked.weight.flat(), worked.bias];
  differences((values) => loss(values, weight, bias), x).forEach((value, i) => {
    expect(worked.dx.flat()[i]).toBeCloseTo(value, 8);
  });
  differences((values) => loss(x, values, bias), weight).forEach((value, i) => {
    expect(worked.dweight.flat()[i]).toBeCloseTo(value, 8);
  });
  differences((values) => loss(x, weight, values), bias).forEach((value, i) => {
    expect(worked.dbias[i]).toBeCloseTo(value, 8);
  });
});

// Whole numbers: every product and sum is exact, in f32 too.
forEachBuild((core, dtype) => {
  const tensor = (values: number[], shape: number[]) => Tensor.from(values, shape, { core, dtype });
  const x = () => tensor(worked.x.flat(), [M, K]);
  const dy = () => tensor(worked.dy.flat(), [M, N]);
  const weight = () => tensor(worked.weight.flat(), [N, K]);

  it('is what Linear computes', () => {
    const layer = new Linear(K, N, { core, dtype });
    layer.weight.set(worked.weight.flat());
    layer.bias?.set(worked.bias);
    expectWorked(layer.forward(x()), worked.y, 0);
    expectWorked(layer.backward(dy()), worked.dx, 0);
    expectWorked(layer.weight.grad, worked.dweight, 0);
    expectWorked(layer.bias!.grad, worked.dbias, 0);
  });

  it('is three products of gemm, the weight gradient added to what is there', () => {
    // out starts as the bias in every row, and beta = 1 adds to it.
    const y = tensor([worked.bias, worked.bias].flat(), [M, N]);
    gemm(x(), weight(), y, { transposeB: true, beta: 1 });
    expectWorked(y, worked.y, 0);

    const dx = Tensor.zeros([M, K], { core, dtype });
    gemm(dy(), weight(), dx);
    expectWorked(dx, worked.dx, 0);

    const dweight = Tensor.ones([N, K], { core, dtype });
    gemm(dy(), x(), dweight, { transposeA: true, beta: 1 });
    expectWorked(
      dweight,
      worked.dweight.flat().map((value) => value + 1),
      0,
    );
  });
});
