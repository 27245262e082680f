import { expect, it } from 'vitest';
import { Dropout, manualSeed, Tensor } from '../../src/index.ts';
import { dropout } from '../reference/dropout.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';

forEachBuild((core, dtype) => {
  it('drops the same elements forward and backward, and others at the next pass', () => {
    manualSeed(3, { core });
    const layer = new Dropout(0.25, { core, dtype });
    const fork = layer.fork();
    const x = Tensor.ones([10, 10], { core, dtype });
    const y = layer.forward(x).toArray();
    expectClose(y, dropout(x.data, 0.25, 3, 0), { dtype, terms: 2 });
    const other = fork.forward(x).toArray();
    expectClose(other, dropout(x.data, 0.25, 3, 100), { dtype, terms: 2 });
    expect(other).not.toEqual(y);
    // The generator moves on between forward and backward without harm.
    Tensor.rand([7], { core }).dispose();
    expect(layer.backward(x).toArray()).toEqual(y);
    expect(fork.backward(x).toArray()).toEqual(other);
    manualSeed(3, { core });
    expect(layer.forward(x).toArray()).toEqual(y);
  });

  it.each([0.1, 0.5, 0.9])('keeps a share of 1 − p and the mean, p = %d', (p) => {
    manualSeed(11, { core });
    const n = 100_000;
    const y = new Dropout(p, { core, dtype }).forward(Tensor.ones([n], { core, dtype })).data as Float64Array;
    const kept = y.reduce((count, value) => count + Number(value !== 0), 0);
    const deviation = Math.sqrt(n * p * (1 - p));
    expect(Math.abs(kept - n * (1 - p))).toBeLessThan(5 * deviation);
    // Neighbours are independent: pairs that are both kept are (1 − p)² of all, give or take their deviation.
    const pairs = y.reduce((count, value, i) => count + Number(i % 2 === 1 && value !== 0 && y[i - 1] !== 0), 0);
    const both = (1 - p) ** 2;
    expect(Math.abs(pairs - (n / 2) * both)).toBeLessThan(5 * Math.sqrt((n / 2) * both * (1 - both)));
    const kind = new Set(y);
    expect([...kind].sort()).toEqual([0, dtype === 'f32' ? Math.fround(1 / (1 - p)) : 1 / (1 - p)]);
  });

  it('is the identity in eval() and for p = 0, and takes no random numbers', () => {
    manualSeed(1, { core });
    const x = Tensor.from([1, NaN, -Infinity, -0], [4], { core, dtype });
    const layer = new Dropout(0.5, { core, dtype }).eval();
    for (const same of [layer, new Dropout(0, { core, dtype })]) {
      expect([...same.forward(x).data]).toEqual([1, NaN, -Infinity, -0]);
      expect([...same.backward(x).data]).toEqual([1, NaN, -Infinity, -0]);
    }
    expect(core.random.take(0)).toBe(0);
    // Backward goes the way that forward went.
    layer.train().forward(Tensor.ones([4], { core, dtype }));
    const dx = layer.eval().backward(Tensor.ones([4], { core, dtype }));
    expectClose(dx.data, dropout([1, 1, 1, 1], 0.5, 1, 0), { dtype, terms: 2 });
  });

  it('drops everything for p = 1', () => {
    const layer = new Dropout(1, { core, dtype });
    expect([...layer.forward(Tensor.ones([5], { core, dtype })).data]).toEqual([0, 0, 0, 0, 0]);
    expect([...layer.backward(Tensor.ones([5], { core, dtype })).data]).toEqual([0, 0, 0, 0, 0]);
  });
});

const [core] = cores;

it('allocates nothing once warm', () => {
  const layer = new Dropout(0.5, { core });
  const x = Tensor.ones([100], { core });
  const step = () => layer.backward(layer.forward(x));
  step();
  const { liveBytes, liveTensors } = core.memory.stats();
  for (let i = 0; i < 10; i++) step();
  expect(core.memory.stats()).toMatchObject({ liveBytes, liveTensors });
});

it('refuses what it cannot take', () => {
  expect(() => new Dropout(1.5, { core })).toThrow('new Dropout: p expected a finite number ≥ 0 and ≤ 1, got 1.5');
  expect(() => new Dropout(NaN, { core })).toThrow('got NaN');
  expect(() => new Dropout(-0.1, { core })).toThrow('got -0.1');
  expect(() => new Dropout({ p: 1 } as never, { core })).toThrow('new Dropout: p expected');
  expect(() => new Dropout(0.5, { core, inplace: true } as object)).toThrow("got 'inplace'");
  const layer = new Dropout(0.5, { core });
  const x = Tensor.ones([2, 3], { core });
  expect(() => layer.backward(x)).toThrow('Dropout.backward: no forward pass to go back through');
  expect(() => layer.forward(Tensor.ones([2], { core, dtype: 'f64' }))).toThrow(
    'Dropout.forward: x expected dtype f32',
  );
  layer.forward(x);
  expect(() => layer.backward(Tensor.ones([3, 2], { core }))).toThrow(
    'Dropout.backward: dy expected [2, 3], got [3, 2]',
  );
});
