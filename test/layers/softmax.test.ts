import { expect, it } from 'vitest';
import { LogSoftmax, Softmax, Tensor } from '../../src/index.ts';
import { softmax, softmaxGradients } from '../reference/softmax.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  it.each([
    [0, 1, 2, 15],
    [1, 2, 3, 5],
    [2, 6, 5, 1],
    [-1, 6, 5, 1],
    [-2, 2, 3, 5],
    [-3, 1, 2, 15],
  ])('runs along axis %i of [2, 3, 5]', (dim, outer, C, inner) => {
    const random = new Random(1);
    const values = random.normals(30);
    const upstream = random.normals(30);
    const x = Tensor.from(values, [2, 3, 5], { core, dtype });
    const dy = Tensor.from(upstream, [2, 3, 5], { core, dtype });
    const expected = softmax(values, outer, C, inner);
    const gradients = softmaxGradients(upstream, expected.y, outer, C, inner);

    const layer = new Softmax(dim, { core, dtype });
    const y = layer.forward(x);
    expectClose(y.data, expected.y, { dtype, terms: C + 16 });
    expectClose(layer.backward(dy).data, gradients.dx, { dtype, terms: C + 16, scale: 5 });
    expect(layer.forward(x)).toBe(y);

    const logarithm = new LogSoftmax(dim, { core, dtype });
    expectClose(logarithm.forward(x).data, expected.logarithm, { dtype, terms: C + 16 });
    expectClose(logarithm.backward(dy).data, gradients.dxOfLogarithm, { dtype, terms: C + 16, scale: 5 * C });
  });
});

const [core] = cores;

it('refuses what it cannot take, before anything changes', () => {
  expect(() => new Softmax(undefined as unknown as number, { core })).toThrow(
    'new Softmax: dim expected a whole number',
  );
  expect(() => new LogSoftmax(0.5, { core })).toThrow('new LogSoftmax: dim expected a whole number, got 0.5');
  const layer = new Softmax(2, { core });
  expect(() => layer.forward(Tensor.zeros([2, 3], { core }))).toThrow(
    'Softmax.forward: dim expected an axis from -2 to 1, got 2',
  );
  expect(() => layer.backward(Tensor.zeros([2, 3], { core }))).toThrow('Softmax.backward: no forward pass');
});

it('is 1 for a scalar', () => {
  expect([...new Softmax(0, { core }).forward(Tensor.from([3], [], { core })).data]).toEqual([1]);
});
