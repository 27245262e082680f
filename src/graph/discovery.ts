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
  /** What the function threw: it asks for shapes, so what it applies is known at the first forward only. */
  readonly failure: unknown;
}

/**
 * Runs a graph's function once with nodes that have no shape, to find the layers and parameters that it applies
 * before there is any input: optimizers are made from them.
 */
export function discover(build: (...nodes: Node[]) => unknown, inputs: number): Found {
  const layers = new Set<Layer>();
  const parameters = new Set<Parameter>();
  const note = (operands: readonly Operand[]) => {
    for (const operand of operands) if (operand instanceof Parameter) parameters.add(operand);
  };
  const trace: GateTrace = {
    applyLayer(layer: Layer, operands: readonly Operand[]): Node {
      layers.add(layer);
      note(operands);
      return shapeless(trace);
    },
    apply(_operation: Operation, operands: readonly Operand[]): readonly Node[] {
      note(operands);
      return Object.assign([shapeless(trace)], { [Symbol.iterator]: () => outputs(trace) });
    },
  };
  try {
    underTrace(trace, () => build(...Array.from({ length: inputs }, () => shapeless(trace))));
    return { layers, parameters, failure: undefined };
  } catch (failure) {
    return { layers, parameters, failure };
  }
}

/** A node that gives no shape, and as many outputs as a pattern takes of it. */
function shapeless(trace: GateTrace): Node {
  return {
    trace,
    get shape(): never {
      throw new Error('shapes are known in forward only');
    },
    get dtype(): never {
      throw new Error('dtypes are known in forward only');
    },
    [Symbol.iterator]: () => outputs(trace),
  } as Node;
}

/** More outputs than a pattern names. */
const many = 1000;

/** The outputs of an operation whose number is not known yet: enough for a pattern, an error for a loop over all. */
function* outputs(trace: GateTrace): Generator<Node> {
  for (let k = 0; k < many; k++) yield shapeless(trace);
  throw new Error('the number of outputs is known in forward only');
}
