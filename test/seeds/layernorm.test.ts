import { expect, it } from 'vitest';
import { LayerNorm, Tensor } from '../../src/index.ts';
import { layerNormBackward, layerNormForward } from '../../src/kernels/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectWorked } from './expect-worked.ts';
import { differences } from './worked/difference.ts';
import { forward, layernorm as worked } from './worked/layernorm.ts';
import { dot, rowsOf } from './worked/matrix.ts';

const C = 4;
// Two passes over a row for μ and σ², one more for y or dx; every intermediate is at most 5.
const terms = 3 * C + 8;
const scale = 5;

it('derives what central differences find', () => {
  const loss = (x: number[], gamma: number[], beta: number[]) =>
    dot(forward(rowsOf(x, C), gamma, beta).y.flat(), worked.dy.flat());
  const x = worked.x.flat();
  const { gamma, beta } = worked;
  const found = {
    dx: differences((values) => loss(values, gamma, beta), x),
    dgamma: differences((values) => loss(x, values, beta), gamma),
    dbeta: differences((values) => loss(x, gamma, values), beta),
  };
  found.dx.forEach((value, i) => expect(worked.dx.flat()[i]).toBeCloseTo(value, 8));
  found.dgamma.forEach((value, c) => expect(worked.dgamma[c]).toBeCloseTo(value, 8));
  found.dbeta.forEach((value, c) => expect(worked.dbeta[c]).toBeCloseTo(value, 8));
});

it('has a closed form that equals the sum over the paths', () => {
  worked.dx.flat().forEach((value, i) => expect(value).toBeCloseTo(worked.dxByChain.flat()[i], 14));
});

it('has no gradient along (1, …, 1) and along x̂', () => {
  worked.dx.forEach((row, i) => {
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(0, 14);
    expect(dot(row, worked.xhat[i])).toBeCloseTo(0, 14);
  });
});

forEachBuild((core, dtype) => {
  it('is what LayerNorm computes', () => {
    const layer = new LayerNorm(C, { eps: 0, core, dtype });
    layer.weight?.set(worked.gamma);
    layer.bias?.set(worked.beta);
    const x = Tensor.from(worked.x.flat(), [2, C], { core, dtype });
    const dy = Tensor.from(worked.dy.flat(), [2, C], { core, dtype });
    expectWorked(layer.forward(x), worked.y, terms, scale);
    expectWorked(layer.backward(dy), worked.dx, terms, scale);
    expectWorked(layer.weight!.grad, worked.dgamma, terms, scale);
    expectWorked(layer.bias!.grad, worked.dbeta, 0);
  });

  it('is what the kernels compute', () => {
    const tensor = (values: number[], shape: number[]) => Tensor.from(values, shape, { core, dtype });
    const x = tensor(worked.x.flat(), [2, C]);
    const dy = tensor(worked.dy.flat(), [2, C]);
    const gamma = tensor(worked.gamma, [C]);
    const beta = tensor(worked.beta, [C]);
    const [out, dx] = [0, 0].map(() => Tensor.zeros([2, C], { core, dtype }));
    const [mean, rstd] = [0, 0].map(() => Tensor.zeros([2], { core, dtype }));
    const [dgamma, dbeta] = [0, 0].map(() => Tensor.zeros([C], { core, dtype }));
    layerNormForward(x, gamma, beta, out, mean, rstd, { eps: 0 });
    expectWorked(mean, worked.mu, 0);
    expectWorked(rstd, worked.r, 2);
    expectWorked(out, worked.y, terms, scale);
    layerNormBackward(dy, x, gamma, mean, rstd, dx, dgamma, dbeta);
    expectWorked(dx, worked.dx, terms, scale);
    expectWorked(dgamma, worked.dgamma, terms, scale);
    expectWorked(dbeta, worked.dbeta, 0);
  });
});
