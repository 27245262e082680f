// In the plain builds, the innermost loops of a function marked `@unrolled` run twice a turn, with the question whether to go on between
// (those that stand in no condition; bodies in braces):
//
//   do { … } while (c)              do { …; if (!c) break; … } while (c)
//
// They are for V8 of before 2024 (Node 20), which asks at every turn of a loop whether it is to be interrupted, and copies what counts:
// a fifth of a tile's instructions. Without the question it would load the vectors of both halves first, for which it has not
// the registers (measured: docs/measurements.md).
import { Node, NodeKind, Token } from 'assemblyscript';

/** Unrolls the loops of a source's marked functions. */
export function unrollLoops(source) {
  for (const node of source.statements) {
    if (node.decorators?.some(({ name }) => name.text === 'unrolled')) unrollWithin(node.body);
  }
}

function unrollWithin(block) {
  for (const loop of block.statements.filter(isLoop)) {
    if (loop.body.statements.some(isLoop)) unrollWithin(loop.body);
    else loop.body = twice(loop);
  }
}

const isLoop = ({ kind }) => kind === NodeKind.Do || kind === NodeKind.For || kind === NodeKind.While;

/** The same nodes stand there twice; the compiler only reads them. */
function twice({ body, condition, incrementor, range }) {
  const stop = Node.createUnaryPrefixExpression(Token.Exclamation, condition, range);
  const question = Node.createIfStatement(stop, Node.createBreakStatement(null, range), null, range);
  const step = incrementor ? [Node.createExpressionStatement(incrementor)] : [];
  return Node.createBlockStatement([body, ...step, question, body], range);
}
