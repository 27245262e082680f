import { expect, it } from 'vitest';
import { Linear, MSELoss, SGD, Sigmoid, Tensor } from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { expectWorked } from './expect-worked.ts';
import { differences } from './worked/difference.ts';
import { forward, halfSquaredError, network as worked } from './worked/logistic-network.ts';

// Three layers, each a sum of at most four terms and a logistic function within a few roundings; every value that
// the roundings are relative to is at most 3.
const terms = 3 * 12;
const scale = 3;

it('derives what central differences find', () => {
  const { layers, x, target, gradients } = worked;
  const error = (changed: typeof layers) => halfSquaredError(forward(changed, x)[2].a, target);
  layers.forEach(({ weight, bias }, l) => {
    const withLayer = (layer: (typeof layers)[number]) => error(layers.map((other, i) => (i === l ? layer : other)));
    differences((values) => withLayer({ weight, bias: values }), bias).forEach((value, k) => {
      expect(gradients[l].dbias[k]).toBeCloseTo(value, 9);
    });
    weight.forEach((row, k) => {
      const withRow = (values: number[]) => weight.map((other, i) => (i === k ? values : other));
      differences((values) => withLayer({ weight: withRow(values), bias }), row).forEach((value, j) => {
        expect(gradients[l].dweight[k][j]).toBeCloseTo(value, 9);
      });
    });
  });
});

it('lowers the error by the step', () => {
  expect(worked.newError).toBeLessThan(worked.error);
});

forEachBuild((core, dtype) => {
  it('shows every intermediate number of one SGD step', () => {
    const linears = worked.layers.map(({ weight, bias }) => {
      const layer = new Linear(weight[0].length, weight.length, { core, dtype });
      layer.weight.set(weight.flat());
      layer.bias?.set(bias);
      return layer;
    });
    const sigmoids = linears.map(() => new Sigmoid({ core, dtype }));
    const loss = new MSELoss({ reduction: 'sum', core, dtype });
    const parameters = linears.flatMap((layer) => layer.parameters());
    const optimizer = new SGD(parameters, { lr: worked.lr });
    const x = Tensor.from(worked.x, [1, 2], { core, dtype });
    const target = Tensor.from(worked.target, [1, 1], { core, dtype });

    /** Forward, each z and a held to the worked ones; half the squared error. */
    const halfError = (states: typeof worked.states) => {
      let a = x;
      linears.forEach((linear, l) => {
        const z = linear.forward(a);
        expectWorked(z, states[l].z, terms, scale);
        a = sigmoids[l].forward(z);
        expectWorked(a, states[l].a, terms, scale);
      });
      return 0.5 * loss.forward(a, target);
    };

    expectClose([halfError(worked.states)], [worked.error], { dtype, terms, scale });

    // dE/da of the output, then for each layer δ = da∘a∘(1 − a) and dE/da of the layer in front, Wᵀδ.
    let da = loss.backward(0.5);
    expectWorked(da, worked.outputGradient, terms, scale);
    for (let l = 2; l >= 0; l--) {
      const delta = sigmoids[l].backward(da);
      expectWorked(delta, worked.gradients[l].delta, terms, scale);
      da = linears[l].backward(delta);
      if (l > 0) expectWorked(da, worked.da[l - 1], terms, scale);
      expectWorked(linears[l].weight.grad, worked.gradients[l].dweight, terms, scale);
      expectWorked(linears[l].bias!.grad, worked.gradients[l].dbias, terms, scale);
    }

    optimizer.step();
    linears.forEach((linear, l) => {
      expectWorked(linear.weight, worked.stepped[l].weight, terms, scale);
      expectWorked(linear.bias!, worked.stepped[l].bias, terms, scale);
    });
    expectClose([halfError(worked.newStates)], [worked.newError], { dtype, terms: 2 * terms, scale });
  });
});
