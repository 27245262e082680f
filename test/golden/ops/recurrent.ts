import { concat, type Node, relu, reshape, split, tanh } from '../../../src/index.ts';
import { linear } from '../../formulas/linear.ts';
import { type Cell, elman, gru, lstm, type Projection, unroll, zeroState } from '../../formulas/recurrent.ts';
import { type Context, type Mapping, type Results } from '../context.ts';

/**
 * A stack of layers over x [T, N, I] with PyTorch's parameter names, each in both directions where the case says so.
 * The states are [layers·directions, N, H], zeros where they are not given.
 * @param states the letter of each tensor of the state: h0 and hn are those of h
 */
function recurrent(c: Context, states: readonly string[], cellOf: (hh: Projection) => Cell): Results {
  if (c.attr('batch_first', false)) c.skip('batch first');
  const [layers, hidden] = [c.attr('layers', 1), c.attr('hidden', 1)];
  const directions = c.attr('bidirectional', false) ? ['', '_reverse'] : [''];
  return c.graph((inputs) => {
    const starts = states.map((letter) => inputs[`${letter}0`] && split(inputs[`${letter}0`], 1, 0));
    const last: Node[][] = states.map(() => []);
    let y = inputs.x;
    for (let layer = 0; layer < layers; layer++) {
      const sides = directions.map((direction, d) => {
        const projection = (of: string) => (x: Node) =>
          linear(x, inputs[`weight_${of}_l${layer}${direction}`], inputs[`bias_${of}_l${layer}${direction}`]);
        const fromX = projection('ih')(y);
        const place = layer * directions.length + d;
        const start = starts.map((given) =>
          given ? reshape(given[place], given[place].shape.slice(1)) : zeroState(fromX, hidden),
        );
        const run = unroll(cellOf(projection('hh')), fromX, start, d === 1);
        run.state.forEach((state, k) => void last[k].push(reshape(state, [1, ...state.shape])));
        return run.y;
      });
      y = concat(sides, 2);
    }
    return { y, ...Object.fromEntries(states.map((letter, k) => [`${letter}n`, concat(last[k], 0)])) };
  });
}

/** A cell whose activations are given with it. */
function gated(c: Context, states: readonly string[], cellOf: (hh: Projection) => Cell): Results {
  if (c.attr('nonlinearity', null)) c.skip('another nonlinearity');
  return recurrent(c, states, cellOf);
}

export const recurrence: Record<string, Mapping> = {
  rnn: (c) => {
    const activation = c.attr<string>('nonlinearity', 'tanh') === 'relu' ? relu : tanh;
    return recurrent(c, ['h'], (hh) => elman(hh, activation));
  },
  lstm: (c) => gated(c, ['h', 'c'], lstm),
  gru: (c) => gated(c, ['h'], gru),
};
