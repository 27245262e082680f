import { expect, it } from 'vitest';
import { BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, Tensor } from '../../src/index.ts';
import * as kernels from '../../src/kernels/index.ts';
import { cores } from '../support/builds.ts';

const [core] = cores;
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, v) => total + v, 0);
const f64 = { core, dtype: 'f64' } as const;

it('gives what the losses give', () => {
  const x = Tensor.randn([4, 5], f64);
  const t = Tensor.rand([4, 5], f64);
  const dx = Tensor.zeros([4, 5], f64);
  const out = Tensor.zeros([4, 5], f64);

  const huber = new HuberLoss({ ...f64, delta: 0.5, reduction: 'sum' });
  expect(kernels.huberForward(x, t, out, { delta: 0.5 })).toBe(huber.forward(x, t));
  expect(sum(out.data)).toBeCloseTo(huber.forward(x, t), 12);
  kernels.huberBackward(null, x, t, dx, { delta: 0.5, scale: 3 });
  expect([...dx.data]).toEqual([...huber.backward(3).data]);

  const posWeight = Tensor.rand([5], f64);
  const binary = new BCEWithLogitsLoss({ ...f64, posWeight, reduction: 'sum' });
  expect(kernels.bceWithLogitsForward(x, t, null, { posWeight })).toBe(binary.forward(x, t));
  kernels.bceWithLogitsBackward(null, x, t, dx, { posWeight });
  expect([...dx.data]).toEqual([...binary.backward().data]);

  const saved = { max: Tensor.zeros([4], f64), sum: Tensor.zeros([4], f64), mass: Tensor.zeros([4], f64) };
  const losses = Tensor.zeros([4], f64);
  const labels = Tensor.from([0, 4, -100, 2], [4], { core, dtype: 'i32' });
  for (const target of [labels, t]) {
    const loss = new CrossEntropyLoss({ ...f64, labelSmoothing: 0.1 });
    const total = kernels.crossEntropyForward(x, target, losses, saved, { labelSmoothing: 0.1 });
    expect(total).toBe(target === labels ? 3 : 4);
    expect(sum(losses.data) / total).toBeCloseTo(loss.forward(x, target), 12);
    kernels.crossEntropyBackward(null, x, target, saved, dx, { labelSmoothing: 0.1, scale: 1 / total });
    expect([...dx.data]).toEqual([...loss.backward().data]);
  }
});

it('refuses what does not fit', () => {
  const x = Tensor.zeros([4, 5], f64);
  const row = Tensor.zeros([5], f64);
  const i32 = { core, dtype: 'i32' } as const;
  expect(() => kernels.mseForward(x, row)).toThrow('mseForward: target expected [4, 5], got [5]');
  expect(() => kernels.mseBackward(row, x, x, x)).toThrow('mseBackward: dout expected [4, 5], got [5]');
  expect(() => kernels.mseForward(Tensor.zeros([2], i32), row)).toThrow("x expected dtype 'f32' or 'f64'");
  expect(() => kernels.bceWithLogitsForward(x, x, null, { weight: Tensor.zeros([4], f64) })).toThrow('weight expected');
  const saved = { max: row, sum: row, mass: row };
  const labels = Tensor.zeros([4], i32);
  expect(() => kernels.crossEntropyForward(x, labels, row, saved)).toThrow('losses expected [4], got [5]');
  expect(() => kernels.crossEntropyForward(x, Tensor.full([4], 5, i32), row, saved)).toThrow(
    'crossEntropyForward: target[0] expected a label from 0 to 4, or -100 to be ignored, got 5',
  );
  expect(() => kernels.crossEntropyForward(x, [0] as unknown as Tensor, row, saved)).toThrow(
    'target expected a Tensor',
  );
});
