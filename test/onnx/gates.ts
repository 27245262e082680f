import {
  add,
  clamp,
  concat,
  div,
  elu,
  embedding,
  eq,
  erf,
  gather,
  gt,
  indexSelect,
  matmul,
  max,
  maximum,
  mean,
  minimum,
  mul,
  type Node,
  neg,
  type ReduceOptions,
  reshape,
  sigmoid,
  slice,
  split,
  sqrt,
  square,
  sub,
  sum,
  Tensor,
  where,
} from '../../src/index.ts';
import { heads, merged } from '../formulas/attention.ts';
import {
  affine,
  allButChannels,
  groupNorm,
  moments,
  moved,
  normalized,
  perChannel,
  rmsNorm,
} from '../formulas/normalization.ts';
import { type Attrs, compute, flag, type Op, of } from './case.ts';

/** A formula over nodes; an input that is absent is undefined. */
type Formula = (attrs: Attrs, ...inputs: Node[]) => Node | readonly Node[];

const formulas: Record<string, Formula> = {
  BatchNormalization: (attrs, x, w, b, mean, variance) => {
    const scaled = (deviations: Node, used: Node) =>
      affine(normalized(deviations, used, of(attrs, 'epsilon', 1e-5)), perChannel(w, x), perChannel(b, x));
    if (!flag(attrs, 'training_mode')) return scaled(sub(x, perChannel(mean, x)), perChannel(variance, x));
    const batch = moments(x, allButChannels(x));
    const follow = (running: Node, own: Node) => moved(running, reshape(own, [-1]), 1 - of(attrs, 'momentum', 0.9));
    return [scaled(batch.deviations, batch.variance), follow(mean, batch.mean), follow(variance, batch.variance)];
  },
  Celu: (attrs, x) => mul(elu(div(x, of(attrs, 'alpha', 1))), of(attrs, 'alpha', 1)),
  Clip: (_, x, low, high) => {
    const above = low ? maximum(x, low) : x;
    return high ? minimum(above, high) : above;
  },
  Erf: (_, x) => erf(x),
  GroupNormalization: (attrs, x, w, b) => groupNorm(x, of(attrs, 'num_groups', 1), of(attrs, 'epsilon', 1e-5), w, b),
  HardSigmoid: (attrs, x) => clamp(add(mul(x, of(attrs, 'alpha', 0.2)), of(attrs, 'beta', 0.5)), 0, 1),
  InstanceNormalization: (attrs, x, w, b) => groupNorm(x, x.shape[1], of(attrs, 'epsilon', 1e-5), w, b),
  MatMul: (_, a, b) => matmul(a, b),
  PRelu: (_, x, slope) => where(gt(x, 0), x, mul(x, slope)),
  RMSNormalization: (attrs, x, w) => rmsNorm(x, w, of(attrs, 'epsilon', 1e-5)),
  RotaryEmbedding: (attrs, x, cos, sin, positions) => {
    const flat = x.shape.length === 3;
    const split4d = flat ? heads(x, of(attrs, 'num_heads', 1)) : x;
    const turned = rotary(split4d, cos, sin, flag(attrs, 'interleaved'), positions);
    return flat ? merged(turned) : turned;
  },
  Selu: (attrs, x) => mul(elu(x, of(attrs, 'alpha', 1.6732632423543772)), of(attrs, 'gamma', 1.0507009873554805)),
  Sqrt: (_, x) => sqrt(x),
  Swish: (attrs, x) => mul(x, sigmoid(mul(x, of(attrs, 'alpha', 1)))),
  ThresholdedRelu: (attrs, x) => where(gt(x, of(attrs, 'alpha', 1)), x, 0),
};

/**
 * Pairs (a, b) of the first features of x [N, heads, L, D] turned by an angle for each place: (a·cos − b·sin,
 * a·sin + b·cos). A pair is neighbours if interleaved, else of both halves.
 * @param cos,sin half as many a place as features turn: [N, L, half], or a table of them for `positions` [N, L]
 */
function rotary(x: Node, cos: Node, sin: Node, interleaved: boolean, positions?: Node): Node {
  const [N, , L, D] = x.shape;
  const half = cos.shape[cos.shape.length - 1];
  const at = (table: Node) => reshape(positions ? embedding(positions, table) : table, [N, 1, L, half]);
  const [c, s] = [at(cos), at(sin)];
  const [first, ...rest] = 2 * half < D ? split(x, [2 * half, D - 2 * half], 3) : [x];
  const every = (start: number) => slice(first, [null, null, null, [start, null, 2]]);
  const [a, b] = interleaved ? [every(0), every(1)] : split(first, half, 3);
  const turned = [sub(mul(a, c), mul(b, s)), add(mul(a, s), mul(b, c))];
  const together = interleaved
    ? reshape(
        concat(
          turned.map((part) => reshape(part, [...part.shape, 1])),
          4,
        ),
        first.shape,
      )
    : concat(turned, 3);
  return concat([together, ...rest], 3);
}

const reductions: Record<string, (x: Node, dim: readonly number[] | undefined, options: ReduceOptions) => Node> = {
  ReduceL2: (x, dim, options) => sqrt(sum(square(x), dim, options)),
  ReduceMax: max,
  ReduceMean: mean,
  ReduceMin: (x, dim, options) => neg(max(neg(x), dim, options)),
  ReduceSum: sum,
  ReduceSumSquare: (x, dim, options) => sum(square(x), dim, options),
};

/** Indices counted from the front. */
const fromFront = (index: Tensor, size: number): Tensor =>
  Tensor.from(
    Int32Array.from(index.data, (i) => (i < 0 ? i + size : i)),
    index.shape,
    { core: index.core, dtype: 'i32' },
  );

export const gateOps: Record<string, Op> = {
  ...Object.fromEntries(
    Object.entries(formulas).map(([name, formula]): [string, Op] => [
      name,
      (o, attrs, ...inputs) => compute(o, inputs, (...nodes) => formula(attrs, ...nodes)),
    ]),
  ),

  ...Object.fromEntries(
    Object.entries(reductions).map(([name, reduce]): [string, Op] => [
      name,
      (o, attrs, x, axes) => {
        const dim = axes ? [...axes.data] : of<number[] | undefined>(attrs, 'axes', undefined);
        if (!dim && flag(attrs, 'noop_with_empty_axes')) return x;
        const keepdim = of(attrs, 'keepdims', 1) === 1;
        return compute(o, [x], (node) => reduce(node, dim, { keepdim }));
      },
    ]),
  ),

  Gather: (o, attrs, x, index) => {
    const axis = of(attrs, 'axis', 0);
    return compute(o, [x, fromFront(index, x.shape[axis])], (node, at) => {
      const shape = [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)];
      return reshape(indexSelect(node, axis, reshape(at, [-1])), shape);
    });
  },

  GatherElements: (o, attrs, x, index) => {
    const axis = of(attrs, 'axis', 0);
    return compute(o, [x, fromFront(index, x.shape[axis])], (node, at) => gather(node, axis, at));
  },

  OneHot: (o, attrs, index, depth, values) => {
    const count = depth.data[0];
    const rank = index.shape.length;
    const axis = (of(attrs, 'axis', -1) + rank + 1) % (rank + 1);
    const column = [...index.shape.slice(0, axis), 1, ...index.shape.slice(axis)];
    const places = Tensor.from(Array.from(fromFront(index, count).data), column, o);
    const all = Tensor.from(
      Array.from({ length: count }, (_, i) => i),
      [count, ...index.shape.slice(axis).fill(1)],
      o,
    );
    const [off, on] = values.data;
    return compute(o, [places], (node) => where(eq(node, all), on, off));
  },
};
