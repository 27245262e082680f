import { reject } from '../check.ts';
import { isNode, type Node, type Operation } from '../operation.ts';
import type { Operand } from './node.ts';
import type { GateTrace } from './tracing.ts';

/**
 * The values of an operation applied to operands, in the graph of those that are nodes.
 * @param among where to look for a node, where the operation is a part of a gate of more operands
 */
export function applied(
  operation: Operation,
  operands: readonly Operand[],
  among: readonly Operand[] = operands,
): readonly Node[] {
  const node = among.find(isNode);
  if (node) return (node.trace as GateTrace).apply(operation, operands);
  return reject(operation.name, 'operands', 'at least one node of a Graph', operands[0], TypeError);
}

/** The only value of an operation. */
export const gate = (operation: Operation, ...operands: readonly Operand[]): Node => applied(operation, operands)[0];
