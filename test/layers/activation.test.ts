import { expect, it } from 'vitest';
import * as simdgrad from '../../src/index.ts';
import { type Core, type FloatDType, type Layer, Tensor } from '../../src/index.ts';
import { activations } from '../reference/activation.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

interface Case {
  layer: (options: { core: Core; dtype: FloatDType }) => Layer;
  formula: string;
  parameters?: [a: number, b: number];
}

const { ELU, Exp, GELU, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, Log, LogSigmoid, Mish } = simdgrad;
const { ReLU, ReLU6, SELU, Sigmoid, SiLU, Softplus, Softsign, Tanh } = simdgrad;

const cases: Record<string, Case> = {
  ELU: { layer: (options) => new ELU(undefined, options), formula: 'elu', parameters: [1, 0] },
  'ELU(0.5)': { layer: (options) => new ELU(0.5, options), formula: 'elu', parameters: [0.5, 0] },
  Exp: { layer: (options) => new Exp(options), formula: 'exp' },
  GELU: { layer: (options) => new GELU(options), formula: 'gelu' },
  'GELU(tanh)': { layer: (options) => new GELU({ approximate: 'tanh', ...options }), formula: 'geluTanh' },
  Hardsigmoid: { layer: (options) => new Hardsigmoid(options), formula: 'hardsigmoid' },
  Hardswish: { layer: (options) => new Hardswish(options), formula: 'hardswish' },
  Hardtanh: { layer: (options) => new Hardtanh(undefined, 1, options), formula: 'hardtanh', parameters: [-1, 1] },
  LeakyReLU: {
    layer: (options) => new LeakyReLU(undefined, options),
    formula: 'leakyRelu',
    parameters: [0.01, 0],
  },
  Log: { layer: (options) => new Log(options), formula: 'log' },
  LogSigmoid: { layer: (options) => new LogSigmoid(options), formula: 'logSigmoid' },
  Mish: { layer: (options) => new Mish(options), formula: 'mish' },
  ReLU: { layer: (options) => new ReLU(options), formula: 'relu' },
  ReLU6: { layer: (options) => new ReLU6(options), formula: 'hardtanh', parameters: [0, 6] },
  SELU: {
    layer: (options) => new SELU(options),
    formula: 'selu',
    parameters: [1.6732632423543772848170429916717, 1.0507009873554804934193349852946],
  },
  Sigmoid: { layer: (options) => new Sigmoid(options), formula: 'sigmoid' },
  SiLU: { layer: (options) => new SiLU(options), formula: 'silu' },
  Softplus: {
    layer: (options) => new Softplus(undefined, undefined, options),
    formula: 'softplus',
    parameters: [1, 20],
  },
  'Softplus(2, 3)': { layer: (options) => new Softplus(2, 3, options), formula: 'softplus', parameters: [2, 3] },
  Softsign: { layer: (options) => new Softsign(options), formula: 'softsign' },
  Tanh: { layer: (options) => new Tanh(options), formula: 'tanh' },
};

forEachBuild((core, dtype) => {
  it.each(Object.keys(cases))('%s', (name) => {
    const { layer: make, formula, parameters: [a, b] = [0, 0] } = cases[name];
    const { f, derivative } = activations[formula];
    const random = new Random(4);
    const values = random.normals(30, 0, 2).map((x) => (formula === 'log' ? Math.abs(x) + 0.1 : x));
    const upstream = random.normals(30);
    const layer = make({ core, dtype });
    const x = Tensor.from(values, [2, 3, 5], { core, dtype });
    const dy = Tensor.from(upstream, [2, 3, 5], { core, dtype });

    const y = layer.forward(x);
    expect(y.shape).toEqual([2, 3, 5]);
    expectClose(
      y.data,
      Array.from(values, (v) => f(v, a, b)),
      { dtype, terms: 16 },
    );
    const dx = layer.backward(dy);
    expectClose(
      dx.data,
      Array.from(values, (v, i) => upstream[i] * derivative(v, a, b)),
      { dtype, terms: 16 },
    );

    expect(layer.parameters()).toEqual([]);
    expect(layer.forward(x)).toBe(y);
    expect(layer.backward(dy)).toBe(dx);
    // Another call-site keeps its own activations.
    const twin = layer.fork();
    const before = [...dx.data];
    twin.forward(Tensor.from(upstream.map(Math.abs), [2, 3, 5], { core, dtype }));
    expect([...layer.backward(dy).data]).toEqual(before);
    for (const each of [layer, twin, x, dy]) each.dispose();
  });
});

const [core] = cores;

it('refuses what it cannot take, before anything changes', () => {
  expect(() => new LeakyReLU(NaN, { core })).toThrow('new LeakyReLU: negativeSlope expected a finite number, got NaN');
  expect(() => new ELU('1' as unknown as number, { core })).toThrow("alpha expected a finite number, got '1'");
  expect(() => new Softplus(1, Infinity, { core })).toThrow('threshold expected a finite number');
  expect(() => new Hardtanh(1, 1, { core })).toThrow('maxVal expected a number > minVal = 1, got 1');
  expect(() => new GELU({ approximate: 'erf' as 'none', core })).toThrow("approximate expected 'none' or 'tanh'");
  expect(() => new ReLU({ inplace: true, core } as object)).toThrow("got 'inplace'");
  const layer = new ReLU({ core });
  expect(() => layer.backward(Tensor.zeros([3], { core }))).toThrow('ReLU.backward: no forward pass');
  expect(() => layer.forward(Tensor.zeros([3], { core, dtype: 'f64' }))).toThrow('ReLU.forward: x expected dtype f32');
  layer.forward(Tensor.zeros([3], { core }));
  expect(() => layer.backward(Tensor.zeros([4], { core }))).toThrow('ReLU.backward: dy expected [3], got [4]');
});

it('takes scalars', () => {
  expect([...new Sigmoid({ core }).forward(Tensor.from([0], [], { core })).data]).toEqual([0.5]);
});
