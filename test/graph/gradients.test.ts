import { describe, expect, it } from 'vitest';
import { type GradCheckInput, Graph, gradCheck, manualSeed, mul, relu } from '../../src/index.ts';
import { cores } from '../support/builds.ts';
import { zoo } from './zoo.ts';

for (const core of cores) {
  const o = { core, dtype: 'f64' } as const;
  describe(`${core.simd}: gradients agree with central differences`, () => {
    it.each(Object.entries(zoo))('%s', (_, make) => {
      manualSeed(2, { core });
      const { build, inputs } = make(o);
      for (const mode of [true, false]) {
        const graph = new Graph(build, o).train(mode);
        const { ok, maxRelativeError, worst } = gradCheck(graph, inputs as GradCheckInput[], { tolerance: 1e-7 });
        expect(ok, `error ${maxRelativeError} in ${JSON.stringify(worst)}`).toBe(true);
      }
    });
  });
}

it('a gradient that is spoilt is found out', () => {
  const [core] = cores;
  const graph = new Graph((x, y) => mul(relu(x), y), { core, dtype: 'f64' });
  const { backward } = graph;
  graph.backward = (...upstream) => {
    const gradients = backward.call(graph, ...upstream);
    gradients[1].data[2] *= 1.001;
    return gradients;
  };
  expect(gradCheck(graph, [[2, 3], [3]])).toMatchObject({ ok: false, worst: { tensor: 'x[1]', index: 2 } });
});
