import { expect, it } from 'vitest';
import type { SGDOptions } from '../../src/index.ts';
import { sgd } from '../reference/sgd.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Guarded } from '../support/guarded.ts';
import { Random } from '../support/random.ts';

const settings: (SGDOptions & { lr: number })[] = [
  { lr: 0.1 },
  { lr: 0.1, weightDecay: 0.05, maximize: true },
  { lr: 0.1, momentum: 0.9, dampening: 0.3 },
  { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.05 },
];

forEachBuild((core, dtype) => {
  /** One step in two parts, as two threads would take it. */
  function run(p: Float64Array, v: Float64Array, g: Float64Array, options: (typeof settings)[number]) {
    const { lr, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0, maximize = false } = options;
    const memory = new Guarded(core);
    const param = memory.output(dtype, p.length, p);
    const velocity = momentum ? memory.output(dtype, p.length, v) : 0;
    const grad = memory.input(dtype, g);
    const cut = p.length >> 1;
    for (const [begin, end] of [
      [0, cut],
      [cut, p.length],
    ]) {
      // biome-ignore format: outputs, inputs, settings
      core.kernels[dtype].sgdStep(
        param, velocity, grad, lr, momentum, 1 - dampening, Number(nesterov), weightDecay, maximize ? -1 : 1, begin, end,
      );
    }
    const got = { p: memory.read(dtype, param, p.length), v: velocity ? memory.read(dtype, velocity, p.length) : v };
    memory.verify();
    return got;
  }

  for (const size of [1, 2, 3, 4, 5, 7, 8, 9, 257, 1027]) {
    it.each(settings)(`matches the definition at size ${size}, %o`, (options) => {
      const random = new Random(size);
      const [p, v, g] = [random.normals(size), random.normals(size), random.normals(size)];
      const expected = { p: p.slice(), state: { v } };
      sgd(expected.p, expected.state, g, options);
      // The sums of absolute terms: the same step uphill from absolute values.
      const scale = { p: p.map(Math.abs), state: { v: v.map(Math.abs) } };
      sgd(scale.p, scale.state, g.map(Math.abs), { ...options, lr: -options.lr, maximize: false });
      const got = run(p, v, g, options);
      expectClose(got.p, expected.p, { dtype, terms: 12, scale: scale.p });
      expectClose(got.v, expected.state.v, { dtype, terms: 8, scale: scale.state.v });
    });
  }

  it('keeps NaN and ∞ to their own element', () => {
    const p = Float64Array.of(1, Infinity, 1, 1, 1);
    const got = run(p, new Float64Array(5), Float64Array.of(NaN, 1, Infinity, 1, 1), { lr: 0.5, momentum: 0.9 });
    expect([...got.p]).toEqual([NaN, Infinity, -Infinity, 0.5, 0.5]);
    expect([...got.v]).toEqual([NaN, 1, Infinity, 1, 1]);
  });
});
