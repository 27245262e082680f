import { concat, type Node, pad, reshape, Tensor } from '../../src/index.ts';
import { attention, heads, merged } from '../formulas/attention.ts';
import { type Attrs, compute, flag, type Op, type Options, of } from './case.ts';

/**
 * 1 where query i may see key j, [B, 1, L, S], by place alone: not after the query's own place if causal, within the
 * window around it, and not beyond the keys that are there. The query's own place is i + offset: after the past keys,
 * or at the end of those that are there.
 */
function placesSeen(
  o: Options,
  attrs: Attrs,
  [B, L, S]: readonly [batch: number, queries: number, keys: number],
  past: number,
  lengths?: Tensor,
): Tensor | undefined {
  const reach = (name: string) => {
    const size = of(attrs, name, -1);
    return size < 0 ? Infinity : size;
  };
  const left = reach('left_window_size');
  const right = flag(attrs, 'is_causal') ? 0 : reach('right_window_size');
  if (left === Infinity && right === Infinity && !lengths) return undefined;
  const seen = new Int32Array(B * L * S);
  for (let b = 0; b < B; b++) {
    const length = lengths?.data[b] ?? S;
    const offset = lengths ? length - L : past;
    for (let i = 0; i < L; i++) {
      for (let j = 0; j < S; j++) {
        const ahead = j - (i + offset);
        seen[(b * L + i) * S + j] = Number(j < length && ahead <= right && -ahead <= left);
      }
    }
  }
  return Tensor.from(seen, [B, 1, L, S], { core: o.core });
}

/** k or v [B, heads, S, D] with every head repeated for the queries that share it. */
function shared(x: Node, times: number): Node {
  const [B, count, S, D] = x.shape;
  return reshape(concat(new Array<Node>(times).fill(reshape(x, [B, count, 1, S, D])), 2), [B, count * times, S, D]);
}

export const attentionOps: Record<string, Op> = {
  Attention: (o, attrs, q, k, v, mask, pastK, pastV, lengths) => {
    const flat = q.shape.length === 3;
    const [L, own] = [q, k].map(({ shape }) => shape[flat ? 1 : 2]);
    const past = pastK?.shape[2] ?? 0;
    const S = past + own;
    const isBias = mask && mask.dtype !== 'i32';
    const masks = [placesSeen(o, attrs, [q.shape[0], L, S], past, lengths), isBias ? undefined : mask];
    const [y, presentK, presentV, ...stages] = compute(
      o,
      [q, k, v, isBias ? mask : undefined, pastK, pastV],
      (...nodes) => {
        const split = (x: Node, count: string) => (flat ? heads(x, of(attrs, count, 1)) : x);
        const query = split(nodes[0], 'q_num_heads');
        const [keys, values] = [1, 2].map((i) => {
          const present = split(nodes[i], 'kv_num_heads');
          return nodes[i + 3] ? concat([nodes[i + 3], present], 2) : present;
        });
        const times = query.shape[1] / keys.shape[1];
        const bias = nodes[3];
        const found = attention(query, shared(keys, times), shared(values, times), {
          scale: of(attrs, 'scale', query.shape[3] ** -0.5),
          softcap: of(attrs, 'softcap', 0),
          // Keys that the bias says nothing about are not seen.
          bias: bias && pad(bias, [0, S - bias.shape[bias.shape.length - 1]], -Infinity),
          masks: masks.filter((given) => given !== undefined),
        });
        return [
          flat ? merged(found.y) : found.y,
          keys,
          values,
          found.scores,
          found.capped,
          found.masked,
          found.weights,
        ];
      },
    );
    return [y, presentK, presentV, stages[of(attrs, 'qk_matmul_output_mode', 0)]];
  },
};
