import { add, concat, mul, type Node, reshape, sigmoid, split, tanh, transpose } from '../../src/index.ts';
import { linear } from '../formulas/linear.ts';
import { type Cell, elman, lstm, mixed, unroll, zeroState } from '../formulas/recurrent.ts';
import { type Attrs, compute, flag, type Op, skip } from './case.ts';

interface Kind {
  /** Where the cell's gates stand among ONNX's. */
  order: readonly number[];
  /** Tensors of the state. */
  states: number;
  cellOf(r: Node, bias?: Node, peepholes?: Node): Cell;
}

const kinds: Record<string, Kind> = {
  RNN: { order: [0], states: 1, cellOf: (r, bias) => elman((h) => linear(h, r, bias), tanh) },
  // i, o, f, c
  LSTM: {
    order: [0, 2, 3, 1],
    states: 2,
    cellOf: (r, bias, peepholes) => {
      const [i, o, f] = peepholes ? split(peepholes, r.shape[1], 0) : [];
      return lstm((h) => linear(h, r, bias), peepholes && { i, o, f });
    },
  },
  // z, r, h; r acts on h itself, not on what h gives to the new state as in PyTorch.
  GRU: {
    order: [0, 1, 2],
    states: 1,
    cellOf: (r, bias) => {
      const hidden = r.shape[1];
      const parts = (rows: Node) => split(rows, [2 * hidden, hidden], 0);
      const [[rOfGates, rOfNew], [biasOfGates, biasOfNew]] = [parts(r), bias ? parts(bias) : []];
      return (fromX, [h]) => {
        const [xOfGates, xOfNew] = split(fromX, [2 * hidden, hidden], 1);
        const [z, reset] = split(sigmoid(add(xOfGates, linear(h, rOfGates, biasOfGates))), hidden, 1);
        return [mixed(z, h, tanh(add(xOfNew, linear(mul(reset, h), rOfNew, biasOfNew))))];
      };
    },
  },
};

/** A gate's block of rows after another, in another order. */
function reordered(rows: Node, order: readonly number[]): Node {
  const blocks = split(rows, rows.shape[0] / order.length, 0);
  const inOrder = order.map((block) => blocks[block]);
  return concat(inOrder, 0);
}

const known = ['hidden_size', 'layout', 'direction', 'linear_before_reset'];

function checkAttributes(attrs: Attrs): void {
  for (const name of Object.keys(attrs)) if (!known.includes(name)) skip(`attribute ${name}`);
  if ((attrs.direction ?? 'forward') !== 'forward') skip('another direction');
  if (attrs.linear_before_reset) skip('linear_before_reset');
}

export const recurrentOps: Record<string, Op> = Object.fromEntries(
  Object.entries(kinds).map(([name, { order, states, cellOf }]): [string, Op] => [
    name,
    (o, attrs, x, w, r, b, lengths, h0, c0, p) => {
      checkAttributes(attrs);
      const batchFirst = flag(attrs, 'layout');
      if (lengths?.data.some((length) => length !== x.shape[batchFirst ? 1 : 0])) skip('sequences of several lengths');
      return compute(o, [x, w, r, b, h0, c0, p], (nodeX, nodeW, nodeR, nodeB, nodeH, nodeC, nodeP) => {
        // There is one direction, whose axis goes.
        const only = (node: Node) => reshape(node, node.shape.slice(1));
        const rows = (node: Node) => reordered(node, order);
        const [ofX, ofH] = nodeB ? split(only(nodeB), nodeB.shape[1] / 2, 0).map(rows) : [];
        const fromX = linear(batchFirst ? transpose(nodeX, 0, 1) : nodeX, rows(only(nodeW)), ofX);
        const hidden = r.shape[2];
        const start = [nodeH, nodeC].slice(0, states);
        const cell = cellOf(rows(only(nodeR)), ofH, nodeP && only(nodeP));
        const { y, state } = unroll(
          cell,
          fromX,
          start.map((given) => (given ? reshape(given, [-1, hidden]) : zeroState(fromX, hidden))),
        );
        const [T, N] = y.shape;
        return batchFirst
          ? [reshape(transpose(y, 0, 1), [N, T, 1, hidden]), ...state.map((last) => reshape(last, [N, 1, hidden]))]
          : [reshape(y, [T, 1, N, hidden]), ...state.map((last) => reshape(last, [1, N, hidden]))];
      });
    },
  ]),
);
