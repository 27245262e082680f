import { expect, it } from 'vitest';
import { LayerNorm, Sequential, Tensor } from '../../src/index.ts';
import { layerNorm, layerNormGradients } from '../reference/layernorm.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  it('normalises over several axes and keeps its buffers', () => {
    const layer = new LayerNorm([3, 4], { core, dtype });
    const values = new Random(1).normals(24);
    const x = Tensor.from(values, [2, 3, 4], { core, dtype });
    const y = layer.forward(x);
    expectClose(y.data, layerNorm(values, 12, 1e-5).y, { dtype, terms: 20 });
    expect(layer.forward(x)).toBe(y);
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias']);
    layer.dispose();
    x.dispose();
  });

  it.each([true, false])('goes back through many rows, affine %s', (elementwiseAffine) => {
    const [rows, C] = [1100, 9];
    const random = new Random(2);
    const [values, upstream] = [random.normals(rows * C), random.normals(rows * C)];
    const layer = new LayerNorm(C, { elementwiseAffine, core, dtype });
    const x = Tensor.from(values, [rows, C], { core, dtype });
    const dy = Tensor.from(upstream, [rows, C], { core, dtype });
    layer.forward(x);
    const dx = layer.backward(dy);
    const expected = layerNormGradients(upstream, values, C, 1e-5);
    expectClose(dx.data, expected.dx, { dtype, terms: 20, scale: 20 });
    if (layer.weight) expectClose(layer.weight.grad.data, expected.dgamma, { dtype, terms: rows, scale: 8 });
    if (layer.bias) expectClose(layer.bias.grad.data, expected.dbeta, { dtype, terms: rows, scale: 8 });
    for (const disposable of [layer, x, dy]) disposable.dispose();
  });

  it('adds up parameter gradients over passes and over forks', () => {
    const layer = new LayerNorm(4, { core, dtype });
    const fork = layer.fork();
    const x = Tensor.randn([3, 4], { core, dtype });
    const dy = Tensor.ones([3, 4], { core, dtype });
    layer.forward(x);
    layer.backward(dy);
    expect([...(layer.bias?.grad.data ?? [])]).toEqual([3, 3, 3, 3]);
    fork.forward(x);
    fork.backward(dy);
    expect([...(layer.bias?.grad.data ?? [])]).toEqual([6, 6, 6, 6]);
    layer.zeroGrad();
    expect([...(layer.bias?.grad.data ?? [])]).toEqual([0, 0, 0, 0]);
  });
});

const [core] = cores;

it('refuses what it cannot take, before anything changes', () => {
  expect(() => new LayerNorm(0, { core })).toThrow(
    'new LayerNorm: normalizedShape[0] expected a whole number ≥ 1, got 0',
  );
  expect(() => new LayerNorm(4, { core, epsilon: 1 } as object)).toThrow("got 'epsilon'");
  const layer = new LayerNorm([3, 4], { core });
  expect(() => layer.forward(Tensor.zeros([2, 4, 3], { core }))).toThrow(
    'LayerNorm.forward: x expected [..., 3, 4], got [2, 4, 3]',
  );
  expect(() => layer.forward(Tensor.zeros([3, 4], { core, dtype: 'f64' }))).toThrow('x expected dtype f32');
  expect(() => layer.backward(Tensor.zeros([3, 4], { core }))).toThrow('no forward pass to go back through');
  expect(() => layer.fork().backward(Tensor.zeros([3, 4], { core }))).toThrow('no forward pass');
});

it('nests under PyTorch names', () => {
  const model = new Sequential(new LayerNorm(4, { core }), new Sequential(new LayerNorm(4, { core, bias: false })));
  expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias', '1.0.weight']);
});
