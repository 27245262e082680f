import type { Tensor } from '../../../src/index.ts';
import { split } from '../../../src/index.ts';
import { attention as attend, heads, merged } from '../../formulas/attention.ts';
import { linear } from '../../formulas/linear.ts';
import type { Context, Mapping } from '../context.ts';

/** Query i sees key j where j ≤ i. */
function masks(c: Context, L: number, S: number): Tensor[] {
  if (!c.attr('causal', false)) return [];
  const seen = Int32Array.from({ length: L * S }, (_, at) => Number(at % S <= Math.floor(at / S)));
  return [c.tensorOf({ shape: [L, S], data: seen })];
}

export const attention: Record<string, Mapping> = {
  attention: (c) => {
    const [L, S] = ['q', 'k'].map((name) => c.values(name).shape[2]);
    const options = { scale: c.attr('scale', c.values('q').shape[3] ** -0.5), masks: masks(c, L, S) };
    return c.graph(({ q, k, v }) => ({ y: attend(q, k, v, options).y }));
  },

  multihead_attention: (c) => {
    if (!c.attr('batch_first', false)) c.skip('sequence first');
    const [, L, E] = c.values('x').shape;
    const count = c.attr('heads', 1);
    const options = { scale: (E / count) ** -0.5, masks: masks(c, L, L) };
    return c.graph(({ x, in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias }) => {
      const [q, k, v] = split(linear(x, in_proj_weight, in_proj_bias), E, -1).map((part) => heads(part, count));
      return { y: linear(merged(attend(q, k, v, options).y), out_proj_weight, out_proj_bias) };
    });
  },
};
