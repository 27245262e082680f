import { expect, it } from 'vitest';
import { Flatten, Tensor } from '../../src/index.ts';
import { cores } from '../support/builds.ts';

const [core] = cores;

it.each([
  [[], [2, 60]],
  [[0], [120]],
  [[2], [2, 3, 20]],
  [
    [0, 1],
    [6, 4, 5],
  ],
  [
    [-2, -2],
    [2, 3, 4, 5],
  ],
])('Flatten(%o) makes [2, 3, 4, 5] %o and back', (axes: number[], shape: number[]) => {
  const layer = new Flatten(axes[0], axes[1], { core });
  const x = Tensor.randn([2, 3, 4, 5], { core });
  const y = layer.forward(x);
  expect(y.shape).toEqual(shape);
  expect(y.address).toBe(x.address);
  const dy = Tensor.randn(shape, { core });
  const dx = layer.backward(dy);
  expect(dx.shape).toEqual([2, 3, 4, 5]);
  expect([...dx.data]).toEqual([...dy.data]);
});

it('gives the same view of the same tensor, and holds on to no other', () => {
  const layer = new Flatten(1, -1, { core });
  const before = core.memory.stats();
  const x = Tensor.ones([2, 3, 4], { core });
  const y = layer.forward(x);
  expect(layer.forward(x)).toBe(y);
  for (let i = 0; i < 5; i++) {
    const next = Tensor.ones([2, 3, 4], { core });
    layer.forward(next);
    next.dispose();
  }
  expect(y.isDisposed).toBe(true);
  // A view that its user has disposed of is made anew.
  layer.forward(x).dispose();
  expect(layer.forward(x).isDisposed).toBe(false);
  x.dispose();
  layer.dispose();
  expect(core.memory.stats().liveBytes).toBe(before.liveBytes);
});

it('refuses what it cannot take', () => {
  expect(() => new Flatten(0.5, -1, { core })).toThrow('new Flatten: startDim expected a whole number, got 0.5');
  expect(() => new Flatten(1, '2' as never, { core })).toThrow('new Flatten: endDim expected');
  const x = Tensor.ones([2, 3], { core });
  expect(() => new Flatten(2, -1, { core }).forward(x)).toThrow(
    'Flatten.forward: startDim expected an axis from -2 to 1',
  );
  expect(() => new Flatten(1, 0, { core }).forward(x)).toThrow('endDim expected an axis not before startDim 1, got 0');
  const layer = new Flatten(0, -1, { core });
  expect(() => layer.backward(x)).toThrow('no forward pass to go back through');
  layer.forward(x);
  expect(() => layer.backward(x)).toThrow('Flatten.backward: dy expected [6], got [2, 3]');
});
