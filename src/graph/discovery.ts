import type { Layer } from '../layers/layer.ts';
import type { Node, Operation } from '../operation.ts';
import { Parameter } from '../parameter.ts';
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
  const trace: GateTrace = {
    applyLayer(layer: Layer): Node {
      layers.add(layer);
      return shapeless(trace);
    },
    apply(_operation: Operation, operands: readonly Operand[]): readonly Node[] {
      for (const operand of operands) if (operand instanceof Parameter) parameters.add(operand);
      return endless(trace);
    },
  };
  try {
    build(...Array.from({ length: inputs }, () => shapeless(trace)));
    return { layers, parameters, failure: undefined };
  } catch (failure) {
    return { layers, parameters, failure };
  }
}

/** A node that gives no shape, and as many outputs as anybody takes of it. */
function shapeless(trace: GateTrace): Node {
  const node = {
    trace,
    get shape(): never {
      throw new Error('shapes are known in forward only');
    },
    get dtype(): never {
      throw new Error('dtypes are known in forward only');
    },
    *[Symbol.iterator]() {
      for (;;) yield shapeless(trace);
    },
  };
  return node;
}

/** The outputs of an operation whose number is not known yet. */
function endless(trace: GateTrace): readonly Node[] {
  return Object.assign([shapeless(trace)], {
    *[Symbol.iterator]() {
      for (;;) yield shapeless(trace);
    },
  });
}
