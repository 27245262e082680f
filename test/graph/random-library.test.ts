import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradCheck } from '../../src/index.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { type GateName, runOnTape, sourceOf } from './description.ts';
import { graphOf, runOnGraph } from './library-gates.ts';
import { grow } from './random-gates.ts';
import { type GraphCase, graphCase } from './random-graph.ts';

/** Largest error relative to the tensor's largest value, or to 1 where that is smaller. */
function worst(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  const values = Array.from(expected);
  const scale = Math.max(1, ...values.map(Math.abs));
  return Math.max(0, ...values.map((value, i) => Math.abs(got[i] - value))) / scale;
}

forEachBuild((core, dtype) => {
  // Values up to 50 that pass through up to 12 gates, each a sum of a few terms.
  const tolerance = dtype === 'f32' ? 2e-4 : 1e-11;

  function compare({ description, inputs, upstream }: GraphCase): void {
    const expected = runOnTape(description, inputs, upstream);
    const [planned, unplanned] = [true, false].map((shared) => {
      const graph = graphOf(description, core, dtype, shared);
      const result = runOnGraph(graph, description.inputs, inputs, upstream);
      graph.dispose();
      return result;
    });
    const source = sourceOf(description);
    expect(
      planned.outputs.map(({ shape }) => shape),
      source,
    ).toEqual(expected.outputs.map(({ shape }) => [...shape]));
    planned.outputs.forEach(({ data }, k) => {
      expect(worst(data, expected.outputs[k].data), `output ${k} of ${source}`).toBeLessThan(tolerance);
    });
    planned.gradients.forEach((gradient, k) => {
      expect(worst(gradient, expected.gradients[k]), `gradient ${k} of ${source}`).toBeLessThan(tolerance);
    });
    // Sharing memory changes no bit, and backward leaves the results alone.
    expect(planned, source).toEqual(unplanned);
    expect(planned.after, source).toEqual(planned.outputs.map(({ data }) => data));
  }

  it('random graphs give what the tape gives, with and without shared memory', () => {
    fc.assert(fc.property(graphCase(), compare), { numRuns: 150 });
  });

  it.each(Object.keys(grow) as GateName[])('graphs of %s do, too', (gate) => {
    fc.assert(fc.property(graphCase([gate, 'add', 'mul', 'tanh']), compare), { numRuns: 15 });
  });
});

describe('central differences', () => {
  it('agree with the gradients of random graphs in f64', () => {
    const [core] = cores;
    fc.assert(
      fc.property(graphCase(['add', 'mul', 'sub', 'tanh', 'sum', 'matmul', 'concat', 'permute', 'mean']), (graph) => {
        const layer = graphOf(graph.description, core, 'f64');
        const { ok, worst: at } = gradCheck(layer, graph.description.inputs.map((shape) => [...shape]) as never);
        expect(ok, `${JSON.stringify(at)} of ${sourceOf(graph.description)}`).toBe(true);
        layer.dispose();
      }),
      { numRuns: 15 },
    );
  });
});
