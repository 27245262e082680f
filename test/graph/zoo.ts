import {
  add,
  type Build,
  Conv2d,
  type Core,
  concat,
  Dropout,
  div,
  embedding,
  exp,
  Flatten,
  type FloatDType,
  Graph,
  gather,
  gelu,
  indexSelect,
  LayerNorm,
  Linear,
  le,
  logSoftmax,
  MaxPool2d,
  matmul,
  max,
  maximum,
  mean,
  mul,
  type Node,
  neg,
  Parameter,
  pad,
  permute,
  pow,
  ReLU,
  Residual,
  relu,
  reshape,
  Sequential,
  type Shape,
  sigmoid,
  silu,
  slice,
  softmax,
  split,
  sqrt,
  square,
  sub,
  sum,
  Tensor,
  tanh,
  transpose,
  where,
} from '../../src/index.ts';
import { bytesOf } from '../support/bits.ts';
import { Gain, Mix, OwnMix } from './custom-layers.ts';

export interface Options {
  readonly core: Core;
  readonly dtype: FloatDType;
}

/** A function of nodes and what it is called with: shapes of float tensors, or tensors. */
export interface Specimen {
  readonly build: Build;
  readonly inputs: readonly (Shape | Tensor)[];
}

const whole = (values: number[], shape: Shape, { core }: Options) => Tensor.from(values, shape, { dtype: 'i32', core });
const values = (shape: Shape, { core, dtype }: Options) => Tensor.randn(shape, { core, dtype });

function parameter(shape: Shape, o: Options): Parameter {
  const from = values(shape, o);
  const made = Parameter.from(from.data, shape, o);
  from.dispose();
  return made;
}

/** Graphs of every form that the plan treats in a way of its own. */
export const zoo: Record<string, (o: Options) => Specimen> = {
  'a circuit': () => ({
    build: (x, y, z) => mul(add(x, y), z),
    inputs: [
      [4, 5],
      [4, 5],
      [4, 5],
    ],
  }),
  'operands that broadcast': () => ({ build: (x, y, z) => mul(sub(x, y), z), inputs: [[4, 5], [5], [4, 1]] }),
  'a difference, of which x gets the gradient as it is and y its opposite': () => ({
    build: (x, y) => square(sub(x, y)),
    inputs: [
      [4, 5],
      [4, 5],
    ],
  }),
  'a value that four steps read': () => ({
    build: (x) => {
      const h = tanh(x);
      return add(add(mul(h, exp(h)), sub(h, sigmoid(h))), neg(h));
    },
    inputs: [[3, 7]],
  }),
  'a value that stands twice in one gate': () => ({
    build: (x) => {
      const h = tanh(x);
      return [add(h, h), sub(h, h), mul(h, h), maximum(h, h), concat([h, h]), matmul(h, h), where(h, h, h)];
    },
    inputs: [[4, 4]],
  }),
  'sums of sums, each read again': () => ({
    build: (x, y, z) => {
      const a = add(x, y);
      const b = add(a, z);
      const c = add(b, a);
      return [add(mul(c, a), b), add(c, x)];
    },
    inputs: [
      [3, 5],
      [3, 5],
      [3, 5],
    ],
  }),
  'a sum whose parts both go on': () => ({
    build: (x) => {
      const h = add(tanh(x), 1);
      const left = mul(h, h);
      return add(add(left, relu(left)), add(h, square(h)));
    },
    inputs: [[16]],
  }),
  'a chain in place': () => ({
    build: (x) => neg(relu(neg(sigmoid(silu(neg(add(mul(x, 2), 1))))))),
    inputs: [[5, 9]],
  }),
  'a chain in place through views': () => ({
    build: (x) => neg(reshape(neg(reshape(neg(exp(x)), [12])), [3, 4])),
    inputs: [[2, 6]],
  }),
  'a view that outlives what is done to the viewed': () => ({
    build: (x) => {
      const h = exp(x);
      const view = reshape(h, [6, 2]);
      return add(reshape(neg(h), [6, 2]), view);
    },
    inputs: [[3, 4]],
  }),
  'a view of an input': () => ({ build: (x) => reshape(x, [6]), inputs: [[2, 3]] }),
  'a view of an input, used': () => ({ build: (x) => mul(reshape(x, [3, 2]), reshape(x, [3, 2])), inputs: [[2, 3]] }),
  'an input as a result': () => ({
    build: (x, y) => [x, add(x, y), y],
    inputs: [
      [2, 3],
      [2, 3],
    ],
  }),
  'an input that nobody uses': () => ({ build: (x, _y) => relu(x), inputs: [[2, 3], [4]] }),
  'results that are views of one another': () => ({
    build: (x) => {
      const h = tanh(x);
      return [h, reshape(h, [6]), reshape(h, [3, 2])];
    },
    inputs: [[2, 3]],
  }),
  'results that later steps read': () => ({
    build: (x) => {
      const h = tanh(x);
      const y = neg(h);
      return [h, exp(y), y, h];
    },
    inputs: [[2, 3]],
  }),
  'a split with a part that nobody uses': () => ({
    build: (x) => {
      const [a, , c] = split(x, [1, 2, 1], 1);
      return mul(a, c);
    },
    inputs: [[3, 4]],
  }),
  'a split of which all parts return': () => ({ build: (x) => split(tanh(x), 2, 1), inputs: [[3, 5]] }),
  moves: () => ({
    build: (x) => {
      const h = pad(slice(permute(x, [2, 0, 1]), [[0, 3, 2], null]), [1, 2, 0, 1], 0.5);
      return [transpose(h, 0, 2), h];
    },
    inputs: [[2, 4, 3]],
  }),
  constants: (o) => {
    const [c, mask] = [values([3, 4], o), whole([1, 0, 0, 1], [4], o)];
    return { build: (x) => where(mask, add(mul(x, c), 2), div(c, add(square(x), 1))), inputs: [[3, 4]] };
  },
  'a parameter at several places': (o) => {
    const [w, b] = [parameter([4, 4], o), parameter([4], o)];
    return {
      build: (x) => add(matmul(add(matmul(x, w), b), transpose(w, 0, 1)), mul(b, softmax(w, 0))),
      inputs: [[4, 4]],
    };
  },
  'a parameter whose gradient is handed on': (o) => {
    const p = parameter([3, 4], o);
    return { build: (x) => [add(x, p), sub(p, x), reshape(add(add(p, p), x), [12]), mul(p, x)], inputs: [[3, 4]] };
  },
  reductions: () => ({
    build: (x) => [sum(square(x)), mean(x, [0, 2]), max(x, -1, { keepdim: true }), sum(x, 1)],
    inputs: [[3, 2, 4]],
  }),
  attention: (o) => {
    const [q, k, v] = [0, 1, 2].map(() => new Linear(6, 6, o));
    return {
      build: (x) => {
        const scores = div(matmul(q.apply(x), transpose(k.apply(x), 1, 2)), Math.sqrt(6));
        return add(matmul(softmax(scores, -1), v.apply(x)), x);
      },
      inputs: [[2, 5, 6]],
    };
  },
  'lists of indices': (o) => {
    const table = parameter([5, 3], o);
    return {
      build: (x, index) => {
        const rows = embedding(index, table);
        return add(mul(rows, indexSelect(x, 0, index)), gather(rows, 1, reshape(index, [4, 1])));
      },
      inputs: [[5, 3], whole([2, 0, 2, 1], [4], o)],
    };
  },
  'a choice by whole numbers and by floats': (o) => ({
    build: (x, y, choice) => mul(where(choice, x, y), where(le(x, y), x, pow(square(y), 1.5))),
    inputs: [[2, 3], [2, 3], whole([1, 0, 1], [3], o)],
  }),
  'a layer at three places': (o) => {
    const fc = new Linear(4, 4, o);
    return { build: (x) => fc.apply(tanh(fc.apply(tanh(fc.apply(x))))), inputs: [[3, 4]] };
  },
  'a convolutional net': (o) => {
    const conv = new Conv2d(2, 3, 3, { padding: 1, ...o });
    const [pool, flatten, fc] = [new MaxPool2d(2, o), new Flatten(1, -1, o), new Linear(12, 4, o)];
    return {
      build: (x) => logSoftmax(fc.apply(flatten.apply(pool.apply(relu(conv.apply(x))))), 1),
      inputs: [[2, 2, 4, 4]],
    };
  },
  'residual blocks, with a shortcut and dropout': (o) => {
    const block = () =>
      new Residual(
        new Sequential(new LayerNorm(6, o), new Linear(6, 6, o), new ReLU(o), new Dropout(0.3, o), new Linear(6, 6, o)),
      );
    const net = [block(), block(), new Residual(new Linear(6, 4, o), { shortcut: new Linear(6, 4, o) })];
    return { build: (x) => net.reduce((y: Node, layer) => layer.apply(y), x), inputs: [[5, 6]] };
  },
  'graphs inside, one of them twice': (o) => {
    const fc = new Linear(4, 4, o);
    const inner = new Graph((x, y) => [mul(fc.apply(x), y), add(x, y)], o);
    const outer = new Graph((x) => relu(sub(x, 0.5)), o);
    return {
      build: (x, y) => {
        const [a, b] = inner.apply(x, y) as readonly Node[];
        const [c, d] = inner.apply(outer.apply(a), b) as readonly Node[];
        return [add(c, outer.apply(d)), b];
      },
      inputs: [
        [3, 4],
        [3, 4],
      ],
    };
  },
  'layers that run themselves, twice': (o) => {
    const [gain, mix] = [new Gain(o), new OwnMix(o)];
    return {
      build: (x, y) => {
        const [product, total] = mix.apply(gain.apply(x), y);
        return [gain.apply(mul(product, total)), sqrt(square(total))];
      },
      inputs: [
        [3, 4],
        [3, 4],
      ],
    };
  },
  'a layer of two inputs and outputs, one of them unused, and one input twice': (o) => {
    const mix = new Mix(o);
    return {
      build: (x, y) => {
        const [product] = mix.apply(x, y);
        const [, total] = mix.apply(product, product);
        return gelu(total);
      },
      inputs: [
        [3, 4],
        [3, 4],
      ],
    };
  },
};

/** The inputs as tensors, made anew. */
export const tensorsFor = ({ inputs }: Specimen, o: Options): Tensor[] =>
  inputs.map((input) => (input instanceof Tensor ? input.clone() : values(input, o)));

/** Values of one call or of several as arrays, whatever came. */
export const listOf = <T>(flow: T | readonly T[]): readonly T[] => (Array.isArray(flow) ? flow : [flow as T]);

/** The bytes of tensors, to be compared with NaNs and signs of zeros. */
export const bitsOf = (tensors: readonly (Tensor | undefined)[]): string[] =>
  tensors.map((tensor) => (tensor ? bytesOf(tensor.toArray()).join(' ') : 'none'));
