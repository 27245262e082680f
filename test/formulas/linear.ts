import { add, matmul, type Node, type Operand, transpose } from '../../src/index.ts';

/** x·wᵀ + b for w [out, in]. */
export function linear(x: Operand, w: Node, b?: Operand): Node {
  const product = matmul(x, transpose(w, 0, 1));
  return b === undefined ? product : add(product, b);
}
