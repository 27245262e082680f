// The package's build for Node. That of `onnxruntime-web/wasm` fetches its own file to start threads, which Node cannot.
import * as ort from 'onnxruntime-web';
import { type Computation, type Computations, prepare, type Tensors } from '../computation.ts';
import { type LoadPeer, Refusal } from '../peer.ts';
import type { Conv2d, LayerSpec } from '../problem.ts';
import { threads } from '../threads.ts';
import { type OnnxInitializer, type OnnxNode, onnxModel } from './onnx-model.ts';

type Tensor = ort.Tensor;
type Operands = Readonly<Record<string, Tensor>>;

/** A session over a graph whose result is called `y`: `inputs` are fed at every call, `constants` are in the model. */
async function session(
  nodes: readonly OnnxNode[],
  inputs: Operands,
  constants: Operands = {},
): Promise<Computation<Tensor>> {
  const initializers = Object.entries(constants).map(
    ([name, { dims, data }]): OnnxInitializer => ({ name, shape: dims, values: data as Float32Array }),
  );
  const fed = Object.entries(inputs).map(([name, { dims }]) => ({ name, shape: dims }));
  const model = onnxModel(nodes, initializers, fed, 'y');
  const options = { executionProviders: ['wasm'], intraOpNumThreads: threads, graphOptimizationLevel: 'all' } as const;
  const running = await ort.InferenceSession.create(model, options);
  return { compute: async () => [(await running.run(inputs)).y] };
}

const unary = (
  op: string,
  { x, dout }: Operands,
  attributes: OnnxNode['attributes'] = {},
  constants: Operands = {},
) => {
  if (dout) throw new Refusal('no gradients');
  return session([{ op, inputs: ['x', ...Object.keys(constants)], outputs: ['y'], attributes }], { x }, constants);
};

const window = ({ k, stride, padding, groups }: Conv2d) => ({
  kernel_shape: [k, k],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
  group: groups,
});

/** The rows and columns that a stride leaves over, which the input gradient must give back. */
const leftOver = (size: number, { k, stride, padding }: Conv2d) => (size + 2 * padding - k) % stride;

/** A model's nodes, each named by its result: h0, h1, …, at last y. */
function nodesOf(model: readonly LayerSpec[]): OnnxNode[] {
  let parameter = 0;
  return model.map((spec, i): OnnxNode => {
    const [input, outputs] = [i === 0 ? 'x' : `h${i - 1}`, [i === model.length - 1 ? 'y' : `h${i}`]];
    if (spec.layer === 'relu') return { op: 'Relu', inputs: [input], outputs };
    if (spec.layer === 'flatten') return { op: 'Flatten', inputs: [input], outputs };
    if (spec.layer === 'pool')
      return { op: 'MaxPool', inputs: [input], outputs, attributes: { kernel_shape: [2, 2], strides: [2, 2] } };
    const inputs = [input, `p${parameter++}`, `p${parameter++}`];
    if (spec.layer === 'linear') return { op: 'Gemm', inputs, outputs, attributes: { transB: 1 } };
    const { k, padding } = spec;
    return { op: 'Conv', inputs, outputs, attributes: { kernel_shape: [k, k], pads: Array(4).fill(padding) } };
  });
}

const computations: Computations<Tensor> = {
  matmul: (_, operands) => session([{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }], operands),
  linear: (_, { x, weight, bias }) => unary('Gemm', { x }, { transB: 1 }, { weight, bias }),
  conv2dForward: (sizes, { x, weight }) => unary('Conv', { x }, window(sizes), { weight }),
  conv2dBackwardInput: (sizes, { dout, weight }) => {
    const output_padding = [leftOver(sizes.H, sizes), leftOver(sizes.W, sizes)];
    return unary('ConvTranspose', { x: dout }, { ...window(sizes), output_padding }, { weight });
  },
  layerNorm: (_, { weight, bias, ...x }) =>
    unary('LayerNormalization', x, { axis: 1, epsilon: { float: 1e-5 } }, { weight, bias }),
  softmax: (_, operands) => unary('Softmax', operands, { axis: 1 }),
  relu: (_, operands) => unary('Relu', operands),
  gelu: (_, operands) => unary('Gelu', operands),
  maxPool2d: (_, operands) => unary('MaxPool', operands, { kernel_shape: [2, 2], strides: [2, 2] }),
  predict: ({ model }, { x, ...parameters }) => session(nodesOf(model), { x }, parameters),
};

const tensors: Tensors<Tensor> = {
  from: ({ shape, values }) =>
    values instanceof Int32Array ? new ort.Tensor('int32', values, shape) : new ort.Tensor('float32', values, shape),
  read: (tensor) => tensor.data as Float32Array,
  release: () => {},
  dispose: () => {},
};

export const load: LoadPeer = async () => {
  ort.env.wasm.numThreads = threads;
  return {
    name: 'onnxruntime-web',
    version: ort.env.versions.web ?? '',
    manner:
      'its `wasm` execution provider, a session over a model made for the case, weights of layers as constants in it; `session.run` copies inputs and results. It infers only: the input gradient of a convolution is its ConvTranspose, other gradients do not exist.',
    prepare: (problem) => prepare(problem, computations, tensors, 'no gradients'),
  };
};
