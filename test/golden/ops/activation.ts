import {
  ELU,
  Exp,
  GELU,
  gt,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  type Layer,
  LeakyReLU,
  Log,
  LogSigmoid,
  Mish,
  mul,
  ReLU,
  ReLU6,
  reshape,
  SELU,
  Sigmoid,
  SiLU,
  Softplus,
  Softsign,
  Tanh,
  where,
} from '../../../src/index.ts';
import type { Context, Mapping, Results } from '../context.ts';

const kinds: Record<string, (c: Context) => Layer> = {
  elu: (c) => new ELU(c.attr('alpha', 1), c.options),
  exp: (c) => new Exp(c.options),
  gelu: (c) => new GELU({ ...c.options, ...c.given('approximate') }),
  gelu_tanh: (c) => new GELU({ ...c.options, approximate: 'tanh' }),
  // PyTorch 1.13 rounds 1/6 to f32 in this gradient, in f64 too, which is off by 3e-8.
  hardsigmoid: (c) =>
    c.dtype === 'f64' ? c.skip("PyTorch's f64 gradient has an f32 constant") : new Hardsigmoid(c.options),
  hardswish: (c) => new Hardswish(c.options),
  hardtanh: (c) => new Hardtanh(c.attr('min', -1), c.attr('max', 1), c.options),
  leaky_relu: (c) => new LeakyReLU(c.attr('negative_slope', 0.01), c.options),
  log: (c) => new Log(c.options),
  log_sigmoid: (c) => new LogSigmoid(c.options),
  mish: (c) => new Mish(c.options),
  relu: (c) => new ReLU(c.options),
  relu6: (c) => new ReLU6(c.options),
  selu: (c) => new SELU(c.options),
  sigmoid: (c) => new Sigmoid(c.options),
  silu: (c) => new SiLU(c.options),
  softplus: (c) => new Softplus(c.attr('beta', 1), c.attr('threshold', 20), c.options),
  softsign: (c) => new Softsign(c.options),
  tanh: (c) => new Tanh(c.options),
};

/** x for x > 0, w·x else, with a w for each place of an axis. */
function prelu(c: Context): Results {
  const axis = c.attr('channel_axis', 1);
  return c.graph(({ x, w }) => {
    const slopes = reshape(w, [-1, ...x.shape.slice(axis + 1).fill(1)]);
    return { y: where(gt(x, 0), x, mul(slopes, x)) };
  });
}

export const activation: Record<string, Mapping> = {
  ...Object.fromEntries(
    Object.entries(kinds).map(([kind, make]) => [`activation:${kind}`, (c) => c.layer(make(c), c.tensor('x'))]),
  ),
  prelu,
};
