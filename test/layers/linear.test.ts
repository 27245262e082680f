import { expect, it } from 'vitest';
import { Linear, manualSeed, Tensor } from '../../src/index.ts';
import { linear } from '../reference/linear.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  it('computes the four products of the definition, over leading axes', () => {
    const [M, I, O] = [6, 5, 7];
    const random = new Random(1);
    const layer = new Linear(I, O, { core, dtype });
    const [x, w, b, dy] = [M * I, O * I, O, M * O].map((size) => random.normals(size));
    layer.weight.set(w);
    layer.bias?.set(b);
    const y = layer.forward(Tensor.from(x, [2, 3, I], { core, dtype }));
    expect(y.shape).toEqual([2, 3, O]);
    const dx = layer.backward(Tensor.from(dy, [2, 3, O], { core, dtype }));
    const expected = linear({ M, I, O }, x, w, b, dy);
    expectClose(y.data, expected.y.value, { dtype, terms: I + 4, scale: expected.y.magnitude });
    expectClose(dx.data, expected.dx.value, { dtype, terms: O + 4, scale: expected.dx.magnitude });
    expectClose(layer.weight.grad.data, expected.dw.value, { dtype, terms: M + 4, scale: expected.dw.magnitude });
    expectClose(layer.bias?.grad.data ?? [], expected.db.value, { dtype, terms: M + 4, scale: expected.db.magnitude });
    const once = layer.weight.grad.toArray();
    layer.backwardParameters(Tensor.from(dy, [2, 3, O], { core, dtype }));
    expectClose(
      layer.weight.grad.data,
      once.map((g) => 2 * g),
      { dtype, terms: M + 4, scale: expected.dw.magnitude.map((g) => 2 * g) },
    );
  });
});

const [core] = cores;

it('starts uniform within ±1/√inFeatures, the same for the same seed', () => {
  manualSeed(3, { core });
  const first = new Linear(64, 32, { core });
  manualSeed(3, { core });
  const second = new Linear(64, 32, { core });
  expect(first.weight.toArray()).toEqual(second.weight.toArray());
  const largest = Math.max(...first.weight.data.map(Math.abs));
  expect(largest).toBeLessThanOrEqual(1 / 8);
  expect(largest).toBeGreaterThan(0.9 / 8);
});

it.each([
  [() => new Linear(0, 3, { core }), 'new Linear: inFeatures expected a whole number ≥ 1, got 0'],
  [() => new Linear(3, 1.5, { core }), 'new Linear: outFeatures expected a whole number ≥ 1, got 1.5'],
  [() => new Linear(3, NaN, { core }), 'got NaN'],
  [() => new Linear(3, Infinity, { core }), 'got Infinity'],
  [() => new Linear('3' as never, 1, { core }), "got '3'"],
  [() => new Linear(3, 1, { core, biass: true } as object), "got 'biass'"],
  [() => new Linear(3, 1, { core, bias: 1 as never }), 'new Linear: bias expected true or false, got 1'],
  [() => new Linear(3, 1, { core, dtype: 'i32' as never }), "new Linear: dtype expected 'f32' or 'f64', got 'i32'"],
  [() => new Linear(3, 1, { core: {} as never }), 'core expected a Core'],
  [
    () => new Linear(3, 2, { core }).forward(Tensor.zeros([2, 4], { core })),
    'Linear.forward: x expected [..., 3], got [2, 4]',
  ],
  [() => new Linear(3, 2, { core }).forward([1, 2, 3] as never), 'Linear.forward: x expected a Tensor, got [1, 2, 3]'],
  [() => new Linear(3, 2, { core }).backward(Tensor.zeros([2, 2], { core })), 'no forward pass'],
])('refuses %s', (call, message) => {
  expect(call).toThrow(message);
});

it('refuses an upstream gradient of another shape and leaves the gradients alone', () => {
  const layer = new Linear(3, 2, { core });
  layer.forward(Tensor.ones([4, 3], { core }));
  expect(() => layer.backward(Tensor.ones([2, 4], { core }))).toThrow(
    'Linear.backward: dy expected [4, 2], got [2, 4]',
  );
  expect([...layer.weight.grad.data]).toEqual(new Array(6).fill(0));
});

it('refuses tensors of another core and disposed ones', async () => {
  const { createCore } = await import('../../src/index.ts');
  const other = await createCore();
  const layer = new Linear(3, 2, { core });
  expect(() => layer.forward(Tensor.zeros([1, 3], { core: other }))).toThrow('x belongs to another core');
  const x = Tensor.zeros([1, 3], { core });
  x.dispose();
  expect(() => layer.forward(x)).toThrow('Linear.forward: x [1, 3] was disposed');
});
