import { reject } from '../check.ts';
import type { Node, Operation } from '../operation.ts';
import type { Operand } from './node.ts';
import type { GateTrace } from './tracing.ts';

/** The graph that operands belong to: of those that are nodes. */
export function traceOf(name: string, operands: readonly Operand[]): GateTrace {
  const isNode = (operand: unknown) => typeof operand === 'object' && operand !== null && 'trace' in operand;
  const node = operands.find(isNode) as Node | undefined;
  if (node) return node.trace as GateTrace;
  return reject(name, 'operands', 'at least one node of a Graph', operands[0], TypeError);
}

/** The values of an operation applied to operands. */
export const applied = (operation: Operation, operands: readonly Operand[]): readonly Node[] =>
  traceOf(operation.name, operands).apply(operation, operands);

/** The only value of an operation. */
export const gate = (operation: Operation, ...operands: readonly Operand[]): Node => applied(operation, operands)[0];
