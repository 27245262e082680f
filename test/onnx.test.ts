import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as s from '../src/index.ts';
import { gemm } from '../src/kernels/index.ts';
import { forEachBuild } from './support/builds.ts';

/** ONNX's backend node tests (forward only): beside the project, where it was set up with them. */
const directory = new URL('../../shared/golden/onnx/', import.meta.url);

interface Value {
  name: string;
  dtype: 'float32' | 'float64' | 'int64' | 'int32';
  shape: number[];
  offset: number;
  bytes: number;
}

type Attrs = Record<string, unknown>;

interface OnnxCase {
  name: string;
  nodes: { op: string; inputs: string[]; outputs: string[]; attrs: Attrs }[];
  inputs: Value[];
  initializers?: Value[];
  outputs: Value[];
}

type Options = { core: s.Core; dtype: s.FloatDType };

/** What a case is skipped for. */
class Skip extends Error {}
const skip = (reason: string): never => {
  throw new Skip(reason);
};

function numbersOf({ dtype, offset, bytes }: Value, file: Uint8Array): number[] {
  const { buffer } = file.slice(offset, offset + bytes);
  if (dtype === 'float32') return [...new Float32Array(buffer)];
  if (dtype === 'float64') return [...new Float64Array(buffer)];
  if (dtype === 'int32') return [...new Int32Array(buffer)];
  if (dtype === 'int64') return [...new BigInt64Array(buffer)].map(Number);
  return skip(`dtype ${dtype}`);
}

/** An attribute, or ONNX's default. */
const of = <T>(attrs: Attrs, name: string, fallback: T): T => (attrs[name] ?? fallback) as T;
const flag = (attrs: Attrs, name: string): boolean => attrs[name] === 1;
type Pair = [number, number];

/** Kernel, stride, dilation and padding of a window; what a symmetric padding cannot say is skipped. */
function windowOf(attrs: Attrs, x: s.Tensor, kernelShape?: Pair) {
  if (x.shape.length !== 4) skip('not two-dimensional');
  const kernel = of<Pair>(attrs, 'kernel_shape', kernelShape ?? [1, 1]);
  const stride = of<Pair>(attrs, 'strides', [1, 1]);
  const dilation = of<Pair>(attrs, 'dilations', [1, 1]);
  const autoPad = of(attrs, 'auto_pad', 'NOTSET');
  const same = [0, 1].map((i) => {
    const places = Math.ceil(x.shape[2 + i] / stride[i]);
    return Math.max(0, (places - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - x.shape[2 + i]);
  });
  if (autoPad.startsWith('SAME') && same.some((total) => total % 2)) skip('asymmetric padding');
  const pads = autoPad.startsWith('SAME')
    ? [...same, ...same].map((total) => total / 2)
    : of(attrs, 'pads', [0, 0, 0, 0]);
  if (pads[0] !== pads[2] || pads[1] !== pads[3]) skip('asymmetric padding');
  return { kernel, options: { stride, dilation, padding: [pads[0], pads[1]] as Pair } };
}

function pooled(attrs: Attrs, x: s.Tensor) {
  const { kernel, options } = windowOf(attrs, x);
  if (options.padding.some((padding, i) => padding > kernel[i] / 2)) skip('padding beyond half the kernel');
  return { kernel, options: { ...options, ceilMode: flag(attrs, 'ceil_mode') } };
}

const loss = (attrs: Attrs, o: Options, weight?: s.Tensor) => ({
  ...o,
  weight,
  ignoreIndex: of(attrs, 'ignore_index', -100),
  reduction: of<s.Reduction>(attrs, 'reduction', 'mean'),
});

type Output = s.Tensor | number;

/** A node's outputs, in order; those that the library does not give at the end may be left out. */
const ops: Record<string, (o: Options, attrs: Attrs, ...inputs: s.Tensor[]) => Output | Output[]> = {
  AveragePool: (o, attrs, x) => {
    const { kernel, options } = pooled(attrs, x);
    const { dilation, ...rest } = options;
    if (dilation.some((step) => step > 1)) skip('dilated average');
    return new s.AvgPool2d(kernel, { ...o, ...rest, countIncludePad: flag(attrs, 'count_include_pad') }).forward(x);
  },
  Clip: (o, _, x, min, max) =>
    min && max ? new s.Hardtanh(min.data[0], max.data[0], o).forward(x) : skip('one bound'),
  Conv: (o, attrs, x, w, b) => {
    const [O, I, ...kernelShape] = w.shape;
    const { kernel, options } = windowOf(attrs, x, kernelShape as Pair);
    const groups = of(attrs, 'group', 1);
    const layer = new s.Conv2d(I * groups, O, kernel, { ...o, ...options, groups, bias: b !== undefined });
    layer.weight.set(w.data);
    if (b) layer.bias?.set(b.data);
    return layer.forward(x);
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
    const layer = new s.LayerNorm(x.shape.slice(of(attrs, 'axis', -1)), { ...o, eps: of(attrs, 'epsilon', 1e-5) });
    layer.weight?.set(w.data);
    layer.bias?.set(b.data);
    return layer.forward(x);
  },
  LeakyRelu: (o, attrs, x) => new s.LeakyReLU(of(attrs, 'alpha', 0.01), o).forward(x),
  Log: (o, _, x) => new s.Log(o).forward(x),
  LogSoftmax: (o, attrs, x) => new s.LogSoftmax(of(attrs, 'axis', -1), o).forward(x),
  MaxPool: (o, attrs, x) => {
    const { kernel, options } = pooled(attrs, x);
    return new s.MaxPool2d(kernel, { ...o, ...options }).forward(x);
  },
  Mish: (o, _, x) => new s.Mish(o).forward(x),
  NegativeLogLikelihoodLoss: (o, attrs, x, target, weight) => new s.NLLLoss(loss(attrs, o, weight)).forward(x, target),
  Relu: (o, _, x) => new s.ReLU(o).forward(x),
  Selu: (o, attrs, x) => ('alpha' in attrs || 'gamma' in attrs ? skip('own constants') : new s.SELU(o).forward(x)),
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

/** ONNX's own measure: |got − expected| ≤ 1e-7 + 1e-3·|expected|. */
function expectNear(got: ArrayLike<number>, expected: number[]): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => {
    if (Object.is(got[i], value)) return;
    expect(Math.abs(got[i] - value), `[${i}]`).toBeLessThanOrEqual(1e-7 + 1e-3 * Math.abs(value));
  });
}

it.skipIf(existsSync(directory))('ONNX cases are not here', (context) => context.skip(`no ${directory.pathname}`));

const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith('.json')) : [];
const everyFile: Parameters<typeof forEachBuild>[0] = (core, dtype) => {
  for (const file of files) {
    const { cases, bin }: { cases: OnnxCase[]; bin: string } = JSON.parse(
      readFileSync(new URL(file, directory), 'utf8'),
    );
    const data = new Uint8Array(readFileSync(new URL(bin, directory)));
    for (const { name, nodes, inputs, initializers = [], outputs } of cases) {
      const [{ op, attrs, inputs: names }] = nodes;
      const isKnown = nodes.length === 1 && Object.hasOwn(ops, op);
      (isKnown ? it : it.skip)(`${file.replace('.json', '')} ${name}`, (context) => {
        try {
          const values = new Map([...inputs, ...initializers].map((value) => [value.name, value]));
          const tensors = names.map((input) => {
            const value = values.get(input);
            if (!value) return undefined;
            const type = value.dtype.startsWith('int') ? 'i32' : dtype;
            return s.Tensor.from(numbersOf(value, data), value.shape, { core, dtype: type });
          });
          const results = [ops[op]({ core, dtype }, attrs, ...(tensors as s.Tensor[]))].flat();
          results.slice(0, outputs.length).forEach((result, i) => {
            const got = typeof result === 'number' ? [result] : result.data;
            if (typeof result !== 'number') expect(result.shape).toEqual(outputs[i].shape);
            expectNear(got, numbersOf(outputs[i], data));
          });
        } catch (error) {
          if (error instanceof Skip) context.skip(error.message);
          throw error;
        }
      });
    }
  }
};
if (files.length) forEachBuild(everyFile);
