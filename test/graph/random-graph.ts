import fc from 'fast-check';
import { sizeOf } from '../reference/index-space.ts';
import { Random } from '../support/random.ts';
import { type Description, type GateName, sourceOf } from './description.ts';
import { Builder, Draw, grow, largestRank } from './random-gates.ts';

/** A graph with numbers to run it on, all of them exact in f32. */
export interface GraphCase {
  readonly description: Description;
  readonly inputs: readonly Float64Array[];
  readonly upstream: readonly Float64Array[];
}

interface Drawn {
  seed: number;
  /** The shape that the inputs broadcast to. */
  whole: number[];
  /** How many leading axes an input lacks, and which of the others have size 1. */
  inputs: { missing: number; ones: number }[];
  gates: { gate: GateName; choices: number[] }[];
  second: { node: number } | null;
  join: boolean;
}

function build({ seed, whole, inputs: drawn, gates, second, join }: Drawn): GraphCase {
  const random = new Random(seed);
  const shapes = drawn.map(({ missing, ones }) =>
    whole.slice(Math.min(missing, whole.length)).map((n, axis) => ((ones >> axis) & 1 ? 1 : n)),
  );
  const inputs = shapes.map((shape) => uniform(random, sizeOf(shape)));
  const graph = new Builder(shapes, inputs);
  for (const { gate, choices } of gates) graph.attempt(() => grow[gate](new Draw(choices), graph));
  if (join) graph.join();
  if (graph.steps.length === 0) graph.step('neg', { node: 0 });
  const last = graph.values.length - 1;
  const outputs = second ? [last, last - (second.node % (last + 1))] : [last];
  const upstream = outputs.map((k) => uniform(random, graph.values[k].data.length));
  return readable({ description: { inputs: shapes, steps: graph.steps, outputs }, inputs, upstream });
}

/** Numbers between −2 and 2 that f32 holds exactly. */
const uniform = (random: Random, size: number) =>
  Float64Array.from({ length: size }, () => Math.fround(4 * random.uniform() - 2));

/** fast-check prints the case as code and numbers. */
const readable = (graph: GraphCase): GraphCase =>
  Object.defineProperty(graph, fc.toStringMethod, {
    enumerable: false,
    value: () =>
      `${sourceOf(graph.description)}\ninputs ${fc.stringify(graph.inputs)}\nupstream ${fc.stringify(graph.upstream)}`,
  });

/**
 * Random graphs: one to four inputs of rank 0 to 4 that broadcast, up to twelve gates (and what keeps their operands
 * in their domain), one or two outputs. A gate whose result would be large, or that would come near a kink or a tie,
 * is left out; so what is there can be differentiated numerically. Not every node reaches an output.
 */
export const graphCase = (names: readonly GateName[] = Object.keys(grow) as GateName[]): fc.Arbitrary<GraphCase> => {
  const choices = fc.array(fc.nat(9999), { minLength: 16, maxLength: 16 });
  const upTo = (maxLength: number) => ({ minLength: 1, maxLength, size: 'max' }) as const;
  const drawn = fc.record<Drawn>({
    seed: fc.nat(9999),
    whole: fc
      .array(fc.integer({ min: 1, max: 5 }), { maxLength: largestRank, size: 'max' })
      .filter((shape) => sizeOf(shape) <= 100),
    inputs: fc.array(
      fc.record({ missing: fc.constantFrom(0, 0, 0, 1, 2), ones: fc.constantFrom(0, 0, 0, 0, 1, 2, 5, 15) }),
      upTo(4),
    ),
    gates: fc.array(fc.record({ gate: fc.constantFrom(...names), choices }), upTo(12)),
    second: fc.option(fc.record({ node: fc.nat(99) }), { freq: 2 }),
    join: fc.boolean(),
  });
  // Uniform numbers: by its bias fast-check would draw small ones mostly, and with them scalars and first choices.
  return fc.noBias(drawn).map(build);
};
