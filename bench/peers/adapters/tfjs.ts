import * as tf from '@tensorflow/tfjs-core';
// For the gradients of operations, which tfjs-core registers from no file that Node can load.
import '@tensorflow/tfjs-layers';
import { type Computation, type Computations, prepare, type Tensors } from '../computation.ts';
import { type Peer, Refusal } from '../peer.ts';
import type { Conv2d, LayerSpec } from '../problem.ts';

type Tensor = tf.Tensor;
type Operands = Readonly<Record<string, Tensor>>;

// Images lie as TensorFlow likes them, [N, H, W, C], and weights [k, k, C, O] or, depthwise, [k, k, C, 1].
const toImage = (x: Tensor) => tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]);
const fromImage = (x: Tensor) => tf.transpose(x as tf.Tensor4D, [0, 3, 1, 2]);
const toFilter = (weight: Tensor, groups = 1) =>
  tf.transpose(weight as tf.Tensor4D, groups > 1 ? [2, 3, 0, 1] : [2, 3, 1, 0]);
const fromFilter = (weight: Tensor, groups: number) =>
  tf.transpose(weight as tf.Tensor4D, groups > 1 ? [2, 3, 0, 1] : [3, 2, 0, 1]);

const padding = (amount: number): [[number, number], [number, number], [number, number], [number, number]] => [
  [0, 0],
  [amount, amount],
  [amount, amount],
  [0, 0],
];
const window = (sizes: Conv2d) => ({
  strides: sizes.stride,
  pad: padding(sizes.padding),
  dataFormat: 'NHWC',
  dimRoundingMode: 'floor',
  dilations: 1,
});
/** Kernels by name: the functions that wrap them are not public, and `tf.grad` would run forward too. */
const run = (kernel: string, inputs: Record<string, Tensor>, attributes: object) =>
  tf.engine().runKernel(kernel, inputs, attributes as tf.NamedAttrMap) as Tensor;

/** Where a backend lacks a kernel, which its own message says at length. */
function explain(error: unknown): never {
  const [, kernel] = String(error).match(/Kernel '(\w+)' not registered/) ?? [];
  throw kernel ? new Refusal(`no kernel ${kernel}`) : error;
}

function convolution(sizes: Conv2d, kernels: [dense: string, depthwise: string], inputs: Operands, shapes: object) {
  return {
    compute: () => [run(kernels[sizes.groups > 1 ? 1 : 0], inputs, { ...window(sizes), ...shapes })],
  };
}

/** A function of x and its parameters, forward or both ways. */
function both(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[], dout: Tensor | undefined): Computation<Tensor> {
  if (!dout) return { compute: () => [tf.tidy(() => f(...inputs))] };
  const gradients = tf.valueAndGrads(f);
  return {
    compute: () => {
      const { value, grads } = tf.tidy(() => gradients(inputs, dout));
      return [value, ...grads];
    },
  };
}

function standardize(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
}

const gelu = (x: Tensor) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1));

/** Parameters in the library's layouts; a dense layer behind `flatten` takes its inputs in another order. */
function parameters(model: readonly LayerSpec[], operands: Operands): Tensor[] {
  const own: Tensor[] = [];
  let flattened: readonly [number, number, number] | undefined;
  for (const spec of model) {
    if (spec.layer === 'flatten') flattened = spec.shape;
    if (spec.layer !== 'conv' && spec.layer !== 'linear') continue;
    const weight = operands[`p${own.length}`];
    const bias = operands[`p${own.length + 1}`].clone();
    if (spec.layer === 'conv') own.push(toFilter(weight), bias);
    else if (flattened) {
      const [C, H, W] = flattened;
      const ordered = tf.transpose(tf.reshape(weight, [spec.outputs, C, H, W]), [2, 3, 1, 0]);
      own.push(tf.reshape(ordered, [spec.inputs, spec.outputs]), bias);
      flattened = undefined;
    } else own.push(tf.transpose(weight), bias);
  }
  return own;
}

function apply(model: readonly LayerSpec[], parameters: readonly Tensor[], x: Tensor): Tensor {
  let at = 0;
  return model.reduce((y, spec) => {
    if (spec.layer === 'relu') return tf.relu(y);
    if (spec.layer === 'pool') return tf.maxPool(y as tf.Tensor4D, 2, 2, 'valid');
    if (spec.layer === 'flatten') return tf.reshape(y, [y.shape[0], -1]);
    const [weight, bias] = [parameters[at++], parameters[at++]];
    if (spec.layer === 'linear') return tf.add(tf.matMul(y as tf.Tensor2D, weight as tf.Tensor2D), bias);
    return tf.add(tf.conv2d(y as tf.Tensor4D, weight as tf.Tensor4D, 1, spec.padding), bias);
  }, x);
}

const input = (x: Tensor) => (x.rank === 4 ? toImage(x) : x.clone());
const oneHot = (labels: Tensor, classes: number) => tf.cast(tf.oneHot(labels as tf.Tensor1D, classes), 'float32');

function optimizerStep(optimizer: tf.Optimizer, { parameter, grad }: Operands): Computation<Tensor> {
  const name = `parameter${names++}`;
  const variable = tf.variable(parameter, true, name);
  return {
    compute: () => {
      optimizer.applyGradients({ [name]: grad });
      return [variable];
    },
  };
}
/** Variables are known by their names, in one table for all. */
let names = 0;

const computations: Computations<Tensor> = {
  matmul: (_, { a, b }) => ({ compute: () => [tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)] }),
  linear: (_, { x, weight, bias }) => {
    const transposed = tf.transpose(weight as tf.Tensor2D);
    return { compute: () => [tf.fused.matMul({ a: x as tf.Tensor2D, b: transposed, bias })] };
  },
  conv2dForward: (sizes, { x, weight }) => ({
    ...convolution(
      sizes,
      [tf.Conv2D, tf.DepthwiseConv2dNative],
      { x: toImage(x), filter: toFilter(weight, sizes.groups) },
      {},
    ),
    restore: ([out]) => [fromImage(out)],
  }),
  conv2dBackwardInput: (sizes, { dout, weight }) => ({
    ...convolution(
      sizes,
      [tf.Conv2DBackpropInput, tf.DepthwiseConv2dNativeBackpropInput],
      { dy: toImage(dout), filter: toFilter(weight, sizes.groups) },
      { inputShape: [sizes.N, sizes.H, sizes.W, sizes.C] },
    ),
    restore: ([dx]) => [fromImage(dx)],
  }),
  conv2dBackwardWeight: (sizes, { dout, x }) => ({
    ...convolution(
      sizes,
      [tf.Conv2DBackpropFilter, tf.DepthwiseConv2dNativeBackpropFilter],
      { dy: toImage(dout), x: toImage(x) },
      { filterShape: sizes.groups > 1 ? [sizes.k, sizes.k, sizes.C, 1] : [sizes.k, sizes.k, sizes.C, sizes.O] },
    ),
    restore: ([dweight]) => [fromFilter(dweight, sizes.groups)],
  }),
  layerNorm: (_, { x, weight, bias, dout }) => both(standardize, [x, weight, bias], dout),
  softmax: (_, { x, dout }) => both((x) => tf.softmax(x), [x], dout),
  relu: (_, { x, dout }) => both(tf.relu, [x], dout),
  gelu: (_, { x, dout }) => both(gelu, [x], dout),
  maxPool2d: (_, { x, dout }) => ({
    ...both((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), [toImage(x)], dout && toImage(dout)),
    restore: (outputs) => outputs.map(fromImage),
  }),
  crossEntropy: ({ C }, { logits, labels }) => {
    const target = oneHot(labels, C);
    return both((logits) => tf.losses.softmaxCrossEntropy(target, logits), [logits], tf.scalar(1));
  },
  sgd: ({ lr }, operands) => optimizerStep(tf.train.sgd(lr), operands),
  adam: ({ lr }, operands) => optimizerStep(tf.train.adam(lr, 0.9, 0.999, 1e-8), operands),
  train: ({ model, optimizer: kind, lr }, operands) => {
    const variables = parameters(model, operands).map((value) => tf.variable(value));
    const optimizer = kind === 'sgd' ? tf.train.sgd(lr) : tf.train.adam(lr, 0.9, 0.999, 1e-8);
    const x = input(operands.x);
    const target = oneHot(operands.labels, 10);
    const loss = () => tf.losses.softmaxCrossEntropy(target, apply(model, variables, x)) as tf.Scalar;
    return { compute: () => [optimizer.minimize(loss, true, variables) as Tensor] };
  },
  predict: ({ model }, operands) => {
    const own = parameters(model, operands);
    return { compute: () => [tf.tidy(() => apply(model, own, operands.x))] };
  },
};

const tensors: Tensors<Tensor> = {
  from: ({ shape, values }) => tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32'),
  read: (tensor) => tensor.dataSync(),
  release: (outputs) => {
    for (const tensor of outputs) if (!(tensor instanceof tf.Variable)) tensor.dispose();
  },
  dispose: (tensor) => tensor.dispose(),
};

export async function tfjs(backend: 'wasm' | 'cpu'): Promise<Peer> {
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error(`no backend ${backend}`);
  return {
    name: `tfjs ${backend}`,
    version: tf.version_core,
    manner: `TensorFlow.js on its \`${backend}\` backend, eager, images channels-last; gradients of a convolution by their kernels alone, those of other functions by \`tf.valueAndGrads\`, training by \`optimizer.minimize\`. Layer norm and GELU are put together from its operations.`,
    async prepare(problem) {
      // A scope and not `tidy`: operands in the library's layouts live until the case is over.
      tf.engine().startScope();
      try {
        const call = await prepare(problem, computations, tensors, 'not here');
        return {
          ...call,
          results: () => call.results().catch(explain),
          dispose: () => tf.engine().endScope(),
        };
      } catch (error) {
        tf.engine().endScope();
        throw error;
      }
    },
  };
}
