import { reject } from '../check.ts';
import type { Node, Operation } from '../operation.ts';
import type { Operand } from './node.ts';
import type { GateTrace } from './tracing.ts';

/** The values of an operation applied to operands, in the graph of those that are nodes. */
export function applied(operation: Operation, operands: readonly Operand[]): readonly Node[] {
  const node = operands.find((operand) => typeof operand === 'object' && 'trace' in operand) as Node | undefined;
  if (node) return (node.trace as GateTrace).apply(operation, operands);
  return reject(operation.name, 'operands', 'at least one node of a Graph', operands[0], TypeError);
}

/** The only value of an operation. */
export const gate = (operation: Operation, ...operands: readonly Operand[]): Node => applied(operation, operands)[0];
