import { readFileSync } from 'node:fs';
// By its path, because the package's name means nothing inside another package, which this folder is.
import * as s from '../../../dist/index.js';
import { conv2dBackwardInput, conv2dBackwardWeight, conv2dForward, gemm } from '../../../dist/kernels/index.js';
import { type Computations, prepare, type Tensors } from '../computation.ts';
import type { LoadPeer } from '../peer.ts';
import type { Conv2d, LayerSpec } from '../problem.ts';
import { threads } from '../threads.ts';

type Tensor = s.Tensor;

const window = ({ stride, padding, groups }: Conv2d) => ({ stride, padding, groups });
const imageSize = (size: number, { k, stride, padding }: Conv2d) => Math.floor((size + 2 * padding - k) / stride) + 1;

/** A layer, forward or both ways. */
function layer(of: s.Layer, { x, dout }: Readonly<Record<string, Tensor>>) {
  if (!dout) return { compute: () => [of.forward(x)] };
  const gradients = of.parameters().map(({ grad }) => grad);
  return {
    compute: () => {
      of.zeroGrad();
      return [of.forward(x), of.backward(dout), ...gradients];
    },
  };
}

function optimizer(optimizer: s.SGD | s.Adam, parameter: s.Parameter, grad: Tensor) {
  parameter.grad.set(grad.data);
  return {
    compute: () => {
      optimizer.step();
      return [parameter];
    },
  };
}

function build(specs: readonly LayerSpec[], operands: Readonly<Record<string, Tensor>>): s.Sequential {
  const model = new s.Sequential(
    ...specs.map((spec) => {
      if (spec.layer === 'conv') return new s.Conv2d(spec.C, spec.O, spec.k, { padding: spec.padding });
      if (spec.layer === 'linear') return new s.Linear(spec.inputs, spec.outputs);
      if (spec.layer === 'relu') return new s.ReLU();
      return spec.layer === 'pool' ? new s.MaxPool2d(2) : new s.Flatten();
    }),
  );
  model.parameters().forEach((parameter, i) => parameter.set(operands[`p${i}`].data));
  return model;
}

const scalar = (value: number) => s.Tensor.from([value], [1]);

const computations: Computations<Tensor> = {
  matmul: ({ M, N }, { a, b }) => {
    const out = s.Tensor.zeros([M, N]);
    return {
      compute: () => {
        gemm(a, b, out);
        return [out];
      },
    };
  },
  linear: ({ inputs, outputs }, operands) => {
    const linear = new s.Linear(inputs, outputs);
    linear.weight.set(operands.weight.data);
    linear.bias?.set(operands.bias.data);
    return layer(linear, operands);
  },
  conv2dForward: (sizes, { x, weight }) => {
    const out = s.Tensor.zeros([sizes.N, sizes.O, imageSize(sizes.H, sizes), imageSize(sizes.W, sizes)]);
    return {
      compute: () => {
        conv2dForward(x, weight, null, out, window(sizes));
        return [out];
      },
    };
  },
  conv2dBackwardInput: (sizes, { dout, weight }) => {
    const dx = s.Tensor.zeros([sizes.N, sizes.C, sizes.H, sizes.W]);
    return {
      compute: () => {
        conv2dBackwardInput(dout, weight, dx, window(sizes));
        return [dx];
      },
    };
  },
  conv2dBackwardWeight: (sizes, { dout, x }) => {
    const dweight = s.Tensor.zeros([sizes.O, sizes.C / sizes.groups, sizes.k, sizes.k]);
    return {
      compute: () => {
        dweight.fill(0);
        conv2dBackwardWeight(dout, x, dweight, window(sizes));
        return [dweight];
      },
    };
  },
  layerNorm: ({ C }, operands) => {
    const norm = new s.LayerNorm(C);
    norm.weight?.set(operands.weight.data);
    norm.bias?.set(operands.bias.data);
    return layer(norm, operands);
  },
  softmax: (_, operands) => layer(new s.Softmax(-1), operands),
  relu: (_, operands) => layer(new s.ReLU(), operands),
  gelu: (_, operands) => layer(new s.GELU(), operands),
  maxPool2d: (_, operands) => layer(new s.MaxPool2d(2), operands),
  crossEntropy: (_, { logits, labels }) => {
    const loss = new s.CrossEntropyLoss();
    const value = scalar(0);
    return {
      compute: () => {
        value.fill(loss.forward(logits, labels));
        return [value, loss.backward()];
      },
    };
  },
  sgd: ({ lr }, operands) => {
    const parameter = s.Parameter.from(operands.parameter.toArray(), operands.parameter.shape);
    return optimizer(new s.SGD([parameter], { lr }), parameter, operands.grad);
  },
  adam: ({ lr }, operands) => {
    const parameter = s.Parameter.from(operands.parameter.toArray(), operands.parameter.shape);
    return optimizer(new s.Adam([parameter], { lr }), parameter, operands.grad);
  },
  train: ({ model: specs, optimizer: kind, lr }, operands) => {
    const model = build(specs, operands);
    const loss = new s.CrossEntropyLoss();
    const optimizer = kind === 'sgd' ? new s.SGD(model.parameters(), { lr }) : new s.Adam(model.parameters(), { lr });
    const value = scalar(0);
    const { x, labels } = operands;
    return {
      compute: () => {
        optimizer.zeroGrad();
        value.fill(loss.forward(model.forward(x), labels));
        model.backwardParameters(loss.backward());
        optimizer.step();
        return [value];
      },
    };
  },
  predict: ({ model: specs }, operands) => {
    const model = build(specs, operands).eval();
    return { compute: () => [model.forward(operands.x)] };
  },
};

const tensors: Tensors<Tensor> = {
  from: ({ shape, values }) => s.Tensor.from(values, shape, { dtype: values instanceof Int32Array ? 'i32' : 'f32' }),
  read: (tensor) => tensor.data,
  // Results belong to layers, which use them again.
  release: () => {},
  dispose: (tensor) => tensor.dispose(),
};

export const load: LoadPeer = async () => {
  const core = await s.init({ threads });
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return {
    name: 'simdgrad',
    version: `${version}, ${core.simd} SIMD${core.threads > 1 ? `, ${core.threads} threads` : ''}`,
    manner:
      'matrix products and convolutions through `simdgrad/kernels`, everything else through layers, losses and optimizers; eager. Gradients of weights are zeroed within the call, since backward adds to them.',
    prepare: (problem) => prepare(problem, computations, tensors, 'not here'),
  };
};
