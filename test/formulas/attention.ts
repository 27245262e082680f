import {
  add,
  div,
  matmul,
  mul,
  type Node,
  type Operand,
  reshape,
  softmax,
  tanh,
  transpose,
  where,
} from '../../src/index.ts';

export interface AttentionOptions {
  scale: number;
  /** Keeps the scores s within ±softcap: softcap·tanh(s/softcap). */
  softcap?: number;
  /** Added to the scores, which it broadcasts with. */
  bias?: Operand;
  /** Each 1 where a query may see a key, else 0; they broadcast with the scores. A query that sees none gets 0. */
  masks?: readonly Operand[];
}

/** Softmax(scale·q·kᵀ + bias)·v of q [..., L, D], k [..., S, D] and v [..., S, E], and the scores on the way to it. */
export function attention(q: Node, k: Node, v: Node, { scale, softcap, bias, masks = [] }: AttentionOptions) {
  const scores = mul(matmul(q, transpose(k, -2, -1)), scale);
  const capped = softcap ? mul(tanh(div(scores, softcap)), softcap) : scores;
  const biased = bias === undefined ? capped : add(capped, bias);
  const masked = masks.reduce<Node>((s, mask) => where(mask, s, -Infinity), biased);
  const weights = masks.reduce<Node>((p, mask) => where(mask, p, 0), softmax(masked, -1));
  return { scores, capped, masked, weights, y: matmul(weights, v) };
}

/** [N, L, heads·D] as [N, heads, L, D]. */
export const heads = (x: Node, count: number): Node => transpose(reshape(x, [x.shape[0], x.shape[1], count, -1]), 1, 2);

/** [N, heads, L, D] as [N, L, heads·D]. */
export const merged = (x: Node): Node => reshape(transpose(x, 1, 2), [x.shape[0], x.shape[2], -1]);
