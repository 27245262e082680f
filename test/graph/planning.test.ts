import { describe, expect, it } from 'vitest';
import { Graph, type Layer, manualSeed, type Parameter, type Tensor } from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { bitsOf, listOf, type Options, type Specimen, tensorsFor, zoo } from './zoo.ts';

type AnyGraph = Graph & { forward(...inputs: Tensor[]): Tensor | readonly Tensor[] };

/** Results, gradients of the inputs and of the parameters of one pass from a given random state, in bits. */
function pass(graph: AnyGraph, inputs: readonly Tensor[], upstream: readonly Tensor[], o: Options) {
  const parameters = graph.parameters();
  for (const parameter of parameters) parameter.zeroGrad();
  manualSeed(5, o);
  const results = bitsOf(listOf(graph.forward(...inputs)));
  const gradients = bitsOf(listOf(graph.backward(...upstream)));
  return { results, gradients, parameters: gradientsOf(parameters) };
}

const gradientsOf = (parameters: readonly Parameter[]) => bitsOf(parameters.map(({ grad }) => grad));

/** Upstream gradients for what a graph gives. */
const upstreamFor = (graph: AnyGraph, inputs: readonly Tensor[]): Tensor[] =>
  listOf(graph.forward(...inputs)).map((result) => {
    const dy = result.clone();
    dy.fillNormal(0, 1);
    return dy;
  });

function bring(specimen: Specimen, o: Options) {
  const inputs = tensorsFor(specimen, o);
  const graph = new Graph(specimen.build, o) as AnyGraph;
  return { graph, inputs, upstream: upstreamFor(graph, inputs) };
}

forEachBuild((core, dtype) => {
  const o = { core, dtype };
  describe.each(Object.entries(zoo))('%s', (_, make) => {
    it('has the same bits with and without shared memory', () => {
      const specimen = make(o);
      const { graph, inputs, upstream } = bring(specimen, o);
      const plain = new Graph(specimen.build, { ...o, planned: false }) as AnyGraph;
      const want = pass(plain, inputs, upstream, o);
      expect(pass(graph, inputs, upstream, o)).toEqual(want);
      // Once more over memory that holds the remains of a pass.
      expect(pass(graph, inputs, upstream, o)).toEqual(want);
      expect(graph.memory().planned).toBeLessThanOrEqual(plain.memory().planned);
    });

    it('goes back twice after one forward, adds to parameters twice and leaves results as they are', () => {
      const { graph, inputs, upstream } = bring(make(o), o);
      const parameters = graph.parameters();
      const first = pass(graph, inputs, upstream, o);
      manualSeed(5, o);
      const results = listOf(graph.forward(...inputs));
      const once = parameters.map(({ grad }) => grad.toArray());
      expect(bitsOf(listOf(graph.backward(...upstream)))).toEqual(first.gradients);
      expect(bitsOf(results)).toEqual(first.results);
      parameters.forEach(({ grad }, i) => {
        const [largest, terms] = [Math.max(...once[i].map(Math.abs)), dtype === 'f32' ? 1e-5 : 1e-13];
        grad.data.forEach(
          (value, j) => void expect(Math.abs(value - 2 * once[i][j])).toBeLessThanOrEqual(terms * largest),
        );
      });
      for (const parameter of parameters) parameter.zeroGrad();
      expect(bitsOf(listOf(graph.backward(...upstream)))).toEqual(first.gradients);
      expect(gradientsOf(parameters)).toEqual(first.parameters);
    });

    it('gives parameters the same gradients where those of the inputs are left out', () => {
      const { graph, inputs, upstream } = bring(make(o), o);
      const parameters = graph.parameters();
      const want = pass(graph, inputs, upstream, o);
      for (const parameter of parameters) parameter.zeroGrad();
      graph.backwardParameters(...upstream);
      expect(gradientsOf(parameters)).toEqual(want.parameters);
      // And the full gradients after that.
      expect(bitsOf(listOf(graph.backward(...upstream)))).toEqual(want.gradients);
    });

    it('writes neither to inputs nor to upstream gradients', () => {
      const { graph, inputs, upstream } = bring(make(o), o);
      const before = bitsOf([...inputs, ...upstream]);
      pass(graph, inputs, upstream, o);
      graph.backwardParameters(...upstream);
      expect(bitsOf([...inputs, ...upstream])).toEqual(before);
    });

    it('gives in eval() the values of a training pass without dropout, and goes back all the same', () => {
      const { graph, inputs, upstream } = bring(make(o), o);
      const dropping = (graph as unknown as Layer).family().some((layer) => layer.name === 'Dropout');
      if (!dropping) {
        const want = pass(graph, inputs, upstream, o);
        expect(pass(graph.eval(), inputs, upstream, o)).toEqual(want);
        expect(pass(graph, inputs, upstream, o)).toEqual(want);
      } else {
        const results = listOf(graph.eval().forward(...inputs));
        const values = bitsOf(results);
        graph.backward(...upstream);
        expect(bitsOf(results)).toEqual(values);
        expect(bitsOf(listOf(graph.forward(...inputs)))).toEqual(values);
      }
    });
  });
});
