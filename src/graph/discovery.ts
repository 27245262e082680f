import type { Layer } from '../layers/layer.ts';
import type { Node, Operation } from '../operation.ts';
import { Parameter } from '../parameter.ts';
import { underTrace } from './gate.ts';
import type { Operand } from './node.ts';
import type { GateTrace } from './tracing.ts';

/** What a graph's function applies, in order. */
export interface Found {
  readonly layers: ReadonlySet<Layer>;
  readonly parameters: ReadonlySet<Parameter>;
  /** What the function threw: it cannot run without real shapes, so all it applies is known at the first forward. */
  readonly failure: unknown;
}

/** As many as a function is likely to take of what has no known number: arguments, outputs, parts. */
const several = 16;

/** Steps after which a function is taken to be in a loop that waits for a size to grow; an unrolled network has fewer. */
const mostSteps = 100_000;

/** The shape of a node that has none yet: ones, for functions that loop over sizes. */
const ones: number[] = new Proxy([1, 1, 1, 1], {
  get: (sizes, key) => (typeof key === 'string' && /^\d+$/.test(key) ? 1 : Reflect.get(sizes, key)),
});

/**
 * Runs a graph's function once with nodes that have no real shape, to find the layers and parameters that it applies
 * before there is any input: optimizers are made from them.
 * @param inputs how many nodes the function takes; undefined if that is not known
 */
export function discover(build: (...nodes: Node[]) => unknown, inputs: number | undefined): Found {
  const layers = new Set<Layer>();
  const parameters = new Set<Parameter>();
  let steps = 0;
  const note = (operands: readonly Operand[]) => {
    if (++steps > mostSteps) {
      throw new Error(
        `it was stopped after ${mostSteps} steps: a loop that ends by a size never does where all sizes are 1`,
      );
    }
    for (const operand of operands) if (operand instanceof Parameter) parameters.add(operand);
  };
  const trace: GateTrace = {
    applyLayer(layer: Layer, operands: readonly Operand[]): Node | readonly Node[] {
      layers.add(layer);
      note(operands);
      return Object.assign(nodes(several), node()); // one value or several
    },
    apply(_operation: Operation, operands: readonly Operand[]): readonly Node[] {
      note(operands);
      return nodes(several);
    },
  };
  const node = (): Node => ({ trace, shape: ones, dtype: 'f32' });
  const nodes = (count: number): Node[] => Array.from({ length: count }, node);
  try {
    underTrace(trace, () => build(...nodes(inputs ?? several)));
    return { layers, parameters, failure: undefined };
  } catch (failure) {
    return { layers, parameters, failure };
  }
}
