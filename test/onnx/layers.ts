import * as s from '../../src/index.ts';
import { gemm } from '../../src/kernels/index.ts';
import { moments } from '../formulas/normalization.ts';
import { type Attrs, compute, flag, type Op, type Options, of, skip } from './case.ts';

const loss = (attrs: Attrs, o: Options, weight?: s.Tensor) => ({
  ...o,
  weight,
  ignoreIndex: of(attrs, 'ignore_index', -100),
  reduction: of<s.Reduction>(attrs, 'reduction', 'mean'),
});

/** Nodes that are a layer, a loss or a kernel of the library. */
export const layerOps: Record<string, Op> = {
  // Not in training: y and the mask of what is kept, which is all.
  Dropout: (o, attrs, x, ratio, training) => {
    if (training?.data[0] && ratio.data[0] > 0) skip('random');
    return [new s.Dropout(ratio?.data[0] ?? of(attrs, 'ratio', 0.5), o).eval().forward(x), s.Tensor.ones(x.shape, o)];
  },
  Elu: (o, attrs, x) => new s.ELU(of(attrs, 'alpha', 1), o).forward(x),
  Exp: (o, _, x) => new s.Exp(o).forward(x),
  Gelu: (o, attrs, x) => new s.GELU({ ...o, approximate: of(attrs, 'approximate', 'none') }).forward(x),
  Gemm: (o, attrs, a, b, c) => {
    const [transposeA, transposeB] = [flag(attrs, 'transA'), flag(attrs, 'transB')];
    const [M, N] = [a.shape[transposeA ? 1 : 0], b.shape[transposeB ? 0 : 1]];
    const [rows, columns] = c ? [1, 1, ...c.shape].slice(-2) : [1, 1];
    const out = s.Tensor.zeros([M, N], o);
    // c is broadcast into the output, which the product is then added to.
    if (c)
      out.set(out.data.map((_, i) => c.data[(rows > 1 ? Math.floor(i / N) * columns : 0) + (columns > 1 ? i % N : 0)]));
    const beta = c ? of(attrs, 'beta', 1) : 0;
    gemm(a, b, out, { transposeA, transposeB, alpha: of(attrs, 'alpha', 1), beta });
    return out;
  },
  GlobalAveragePool: (o, _, x) => new s.AdaptiveAvgPool2d(1, o).forward(x),
  GlobalMaxPool: (o, _, x) => new s.AdaptiveMaxPool2d(1, o).forward(x),
  HardSwish: (o, _, x) => new s.Hardswish(o).forward(x),
  LayerNormalization: (o, attrs, x, w, b) => {
    const eps = of(attrs, 'epsilon', 1e-5);
    const layer = new s.LayerNorm(x.shape.slice(of(attrs, 'axis', -1)), { ...o, eps });
    layer.weight?.set(w.data);
    layer.bias?.set(b.data);
    const axes = layer.normalizedShape.map((_, i) => i - layer.normalizedShape.length);
    return compute(o, [x], (node) => {
      const { mean, variance } = moments(node, axes);
      return [layer.apply(node), mean, s.reciprocal(s.sqrt(s.add(variance, eps)))];
    });
  },
  LeakyRelu: (o, attrs, x) => new s.LeakyReLU(of(attrs, 'alpha', 0.01), o).forward(x),
  Log: (o, _, x) => new s.Log(o).forward(x),
  LogSoftmax: (o, attrs, x) => new s.LogSoftmax(of(attrs, 'axis', -1), o).forward(x),
  Mish: (o, _, x) => new s.Mish(o).forward(x),
  NegativeLogLikelihoodLoss: (o, attrs, x, target, weight) => new s.NLLLoss(loss(attrs, o, weight)).forward(x, target),
  Relu: (o, _, x) => new s.ReLU(o).forward(x),
  Sigmoid: (o, _, x) => new s.Sigmoid(o).forward(x),
  Softmax: (o, attrs, x) => new s.Softmax(of(attrs, 'axis', -1), o).forward(x),
  SoftmaxCrossEntropyLoss: (o, attrs, x, target, weight) => [
    new s.CrossEntropyLoss(loss(attrs, o, weight)).forward(x, target),
    new s.LogSoftmax(1, o).forward(x),
  ],
  Softplus: (o, _, x) => new s.Softplus(1, 20, o).forward(x),
  Softsign: (o, _, x) => new s.Softsign(o).forward(x),
  Tanh: (o, _, x) => new s.Tanh(o).forward(x),
};
