import { reject } from '../check.ts';
import { isNode, type Node, type Operation } from '../operation.ts';
import type { Operand } from './node.ts';
import type { GateTrace } from './tracing.ts';

/** The trace of the function that is running. */
let running: GateTrace | undefined;

/** Runs a graph's function: gates without a node among their operands belong to that trace. */
export function underTrace<T>(trace: GateTrace, build: () => T): T {
  const outer = running;
  running = trace;
  try {
    return build();
  } finally {
    running = outer;
  }
}

/** The values of an operation applied to operands, in the graph of those that are nodes. */
export function applied(operation: Operation, operands: readonly Operand[]): readonly Node[] {
  const trace = (operands.find(isNode)?.trace as GateTrace | undefined) ?? running;
  if (trace) return trace.apply(operation, operands);
  return reject(operation.name, 'operands', 'at least one node, as in the function of a Graph', operands[0], TypeError);
}

/** The only value of an operation. */
export const gate = (operation: Operation, ...operands: readonly Operand[]): Node => applied(operation, operands)[0];
