import { add, concat, mul, type Node, reshape, sigmoid, slice, split, sub, tanh } from '../../src/index.ts';

/** x·wᵀ + b: by gates, or a Linear layer applied. */
export type Projection = (x: Node) => Node;

/** The next state from what x gives to the step's gates, and from the state; h comes first in a state. */
export type Cell = (fromX: Node, state: readonly Node[]) => readonly Node[];

/** h' = activation(fromX + hh(h)). */
export const elman =
  (hh: Projection, activation: (x: Node) => Node): Cell =>
  (fromX, [h]) => [activation(add(fromX, hh(h)))];

/** What the cell state adds to the input, forget and output gates (Gers & Schmidhuber 2000). */
export interface Peepholes {
  i: Node;
  f: Node;
  o: Node;
}

/** Gates in PyTorch's order i, f, g, o; the state is (h, c). */
export const lstm =
  (hh: Projection, peepholes?: Peepholes): Cell =>
  (fromX, [h, c]) => {
    const seeing = (gate: Node, cell: Node, weight?: Node) => (weight ? add(gate, mul(weight, cell)) : gate);
    const [i, f, g, o] = split(add(fromX, hh(h)), h.shape[1], 1);
    const kept = mul(sigmoid(seeing(f, c, peepholes?.f)), c);
    const next = add(kept, mul(sigmoid(seeing(i, c, peepholes?.i)), tanh(g)));
    return [mul(sigmoid(seeing(o, next, peepholes?.o)), tanh(next)), next];
  };

/** Gates in PyTorch's order r, z, n; r acts on hh's part of n, its bias included. */
export const gru =
  (hh: Projection): Cell =>
  (fromX, [h]) => {
    const [xr, xz, xn] = split(fromX, h.shape[1], 1);
    const [hr, hz, hn] = split(hh(h), h.shape[1], 1);
    const n = tanh(add(xn, mul(sigmoid(add(xr, hr)), hn)));
    return [mixed(sigmoid(add(xz, hz)), h, n)];
  };

/** z∘h + (1 − z)∘n. */
export const mixed = (z: Node, h: Node, n: Node): Node => add(mul(z, h), mul(sub(1, z), n));

/**
 * A cell at every step of fromX [T, N, G], in order or from the last to the first.
 * @returns h of every step, [T, N, H], and the last state
 */
export function unroll(cell: Cell, fromX: Node, start: readonly Node[], reverse = false) {
  const steps = split(fromX, 1, 0).map((step) => reshape(step, step.shape.slice(1)));
  const outputs: Node[] = [];
  let state = start;
  for (const step of reverse ? steps.reverse() : steps) {
    state = cell(step, state);
    outputs.push(reshape(state[0], [1, ...state[0].shape]));
  }
  return { y: concat(reverse ? outputs.reverse() : outputs, 0), state };
}

/** A state of zeros [N, hidden] for fromX [T, N, G], as a node, which layers can be applied to. */
export const zeroState = (fromX: Node, hidden: number): Node =>
  mul(reshape(slice(fromX, [[0, 1], null, [0, hidden]]), [-1, hidden]), 0);
