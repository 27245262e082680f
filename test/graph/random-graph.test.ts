import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sizeOf } from '../reference/index-space.ts';
import { Tape, type Value } from '../reference/tape.ts';
import { Random } from '../support/random.ts';
import { type Description, type GateName, type Gates, runOn, runOnTape, sourceOf } from './description.ts';
import { grow, leastMargin } from './random-gates.ts';
import { type GraphCase, graphCase } from './random-graph.ts';
import { dot, slope, units } from './slope.ts';

/** Largest difference between the gradients' slope and central differences, relative to the gradient's size. */
function disagreement({ description, inputs, upstream }: GraphCase, gradients: readonly Float64Array[]): number {
  const loss = (x: Float64Array[]) =>
    dot(
      runOnTape(description, x).outputs.map(({ data }) => data),
      upstream,
    );
  const random = new Random(3);
  // Some elements alone, and a few directions that move all of them.
  const single = units(inputs).filter((_, i) => i < 4 || random.uniform() < 0.05);
  const all = [1, 2, 3].map(() => inputs.map(({ length }) => random.normals(length)));
  const errors = [...single, ...all].map((direction) =>
    Math.abs(dot(gradients, direction) - slope(loss, inputs, direction)),
  );
  return Math.max(...errors) / Math.max(1, Math.sqrt(dot(gradients, gradients)));
}

const gradientsOf = ({ description, inputs, upstream }: GraphCase) =>
  runOnTape(description, inputs, upstream).gradients;

describe('random graphs', () => {
  it('have on the tape the gradients that central differences find', () => {
    fc.assert(
      fc.property(graphCase(), (graph) => {
        expect(disagreement(graph, gradientsOf(graph))).toBeLessThan(1e-6);
      }),
      { numRuns: 200 },
    );
  });

  it.each(Object.keys(grow) as GateName[])('of %s do, too', (gate) => {
    let occurred = 0;
    fc.assert(
      fc.property(graphCase([gate, 'add', 'mul', 'tanh']), (graph) => {
        if (graph.description.steps.some((step) => step.gate === gate)) occurred++;
        expect(disagreement(graph, gradientsOf(graph))).toBeLessThan(1e-6);
      }),
      { numRuns: 10 },
    );
    expect(occurred).toBeGreaterThan(0);
  });

  it('fail this test when one element of a gradient is off', () => {
    fc.assert(
      fc.property(graphCase(), fc.nat(), (graph, at) => {
        const gradients = gradientsOf(graph);
        const spoiled = gradients[at % gradients.length];
        spoiled[at % spoiled.length] += 1e-4 * Math.max(1, Math.sqrt(dot(gradients, gradients)));
        expect(disagreement(graph, gradients)).toBeGreaterThan(1e-6);
      }),
      { numRuns: 50 },
    );
  });

  it('stay in their bounds, and are what was asked for', () => {
    const graphs = fc.sample(graphCase(), 300);
    const count = (holds: (graph: GraphCase) => boolean) => graphs.filter(holds).length;
    for (const { description, inputs, upstream } of graphs) {
      const { outputs, gradients, margin } = runOnTape(description, inputs, upstream);
      expect(margin).toBeGreaterThanOrEqual(leastMargin);
      expect(inputs.map(({ length }) => length)).toEqual(description.inputs.map(sizeOf));
      expect(upstream.map(({ length }) => length)).toEqual(outputs.map(({ data }) => data.length));
      for (const { data } of outputs) expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(50);
      for (const gradient of gradients) expect(gradient.every(Number.isFinite)).toBe(true);
    }
    const gates = new Set(graphs.flatMap(({ description }) => description.steps.map(({ gate }) => gate)));
    expect([...gates].sort()).toEqual(Object.keys(grow).sort());
    const forked = ({ description: { steps } }: GraphCase) => {
      const taken = JSON.stringify(steps).match(/"node":\d+/g) as string[];
      return new Set(taken).size < taken.length;
    };
    expect(count(forked)).toBeGreaterThan(100);
    expect(count(({ description }) => description.outputs.length === 2)).toBeGreaterThan(50);
    expect(count(({ description }) => description.inputs.length > 1)).toBeGreaterThan(100);
    for (let rank = 0; rank <= 4; rank++) {
      expect(count(({ description }) => description.inputs.some(({ length }) => length === rank))).toBeGreaterThan(10);
    }
  });

  it('shrink to the gate that is to blame', () => {
    const { counterexample } = fc.check(
      fc.property(graphCase(), ({ description }) => description.steps.every(({ gate }) => gate !== 'relu')),
      { numRuns: 500 },
    );
    const [{ description }] = counterexample as [GraphCase];
    expect(description.steps.length).toBeLessThan(4);
    expect(description.inputs.length).toBe(1);
    expect(sizeOf(description.inputs[0])).toBe(1);
  });

  it('read as code that computes the same', () => {
    fc.assert(
      fc.property(graphCase(), ({ description, inputs }) => {
        const tape = new Tape();
        const names = Object.keys(grow) as GateName[];
        const gates = names.map((name) => (tape[name] as (...args: unknown[]) => unknown).bind(tape));
        const code = new Function(...names, `return ${sourceOf(description)}`)(...gates);
        const values: Value[] = code(...description.inputs.map((shape, k) => tape.leaf(shape, inputs[k])));
        expect(values.map(({ data }) => data)).toEqual(runOnTape(description, inputs).outputs.map(({ data }) => data));
      }),
      { numRuns: 30 },
    );
  });

  it('run on any gates', () => {
    // Nodes that know no more than the length of the longest path to them.
    interface Depth {
      depth: number;
    }
    const deeper = (...args: unknown[]): Depth => ({
      depth: 1 + Math.max(...args.flat().map((argument) => (argument as Depth).depth ?? 0)),
    });
    const gates = Object.fromEntries(Object.keys(grow).map((name) => [name, deeper])) as unknown as Gates<Depth>;
    const description: Description = {
      inputs: [[2], [2]],
      steps: [
        { gate: 'add', args: [{ node: 0 }, { node: 1 }] },
        { gate: 'concat', args: [[{ node: 2 }, { node: 0 }], 0] },
        { gate: 'mul', args: [{ node: 3 }, 5] },
      ],
      outputs: [4, 2],
    };
    expect(runOn(description, gates, [{ depth: 0 }, { depth: 0 }])).toEqual([{ depth: 3 }, { depth: 1 }]);
  });
});
