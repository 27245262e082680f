import { expect, it } from 'vitest';
import { type Core, type FloatDType, Linear, MSELoss, Sequential, SGD, Sigmoid, Tensor } from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose, unitRoundoff } from '../support/close.ts';
import { listFiles, readText } from '../support/files.ts';
import { expectWorked } from './expect-worked.ts';
import { mazur as worked } from './worked/mazur.ts';

// Matt Mazur, "A Step by Step Backpropagation Example" (2015). His printed figures are read from a folder beside the
// project when it is there; the project's own numbers are in worked/mazur.ts.
const directory = '../shared/golden/published/';
interface Published {
  id: string;
  published: Record<string, number | number[] | number[][]>;
  decimals: Record<string, number>;
}
const isHere = (await listFiles(directory)).length > 0;
const cases: Published[] = isHere ? JSON.parse(await readText(`${directory}published-open.json`)) : [];
const printed = cases.find(({ id }) => id === 'mazur/backprop');

const steps = 10_000;
// Roundings of one step on the way to one weight: forward and backward through two sums of three and two logistic
// functions. Over many steps they add up at most; the weights stay below 4.
const terms = 40;
const scale = 4;

function network(core: Core, dtype: FloatDType) {
  const hidden = new Linear(2, 2, { core, dtype });
  const output = new Linear(2, 2, { core, dtype });
  [hidden, output].forEach((layer, l) => {
    layer.weight.set(worked.layers[l].weight.flat());
    layer.bias?.set(worked.layers[l].bias);
  });
  const atHidden = new Sigmoid({ core, dtype });
  const model = new Sequential(hidden, atHidden, output, new Sigmoid({ core, dtype }));
  const loss = new MSELoss({ reduction: 'sum', core, dtype });
  // The weights only: the biases stay.
  const optimizer = new SGD([hidden.weight, output.weight], { lr: worked.lr });
  const x = Tensor.from(worked.x, [1, 2], { core, dtype });
  const target = Tensor.from(worked.target, [1, 2], { core, dtype });
  return {
    hidden,
    output,
    /** Half the squared error, and the units' outputs as arrays. */
    measure() {
      const out = model.forward(x);
      const error = 0.5 * loss.forward(out, target);
      // The hidden units' outputs are what the output layer was given.
      return { error, outHidden: [...atHidden.forward(hidden.forward(x)).data], out: [...out.data] };
    },
    step() {
      optimizer.zeroGrad();
      loss.forward(model.forward(x), target);
      model.backward(loss.backward(0.5));
      optimizer.step();
    },
  };
}

forEachBuild((core, dtype) => {
  const close = (got: number[], expected: number[], times = 1) =>
    expectClose(got, expected, { dtype, terms: times * terms, scale });

  it('takes the first step as derived', () => {
    const { hidden, output, measure, step } = network(core, dtype);
    const before = measure();
    close([before.error], [worked.error]);
    close(before.outHidden, worked.states[0].a);
    close(before.out, worked.states[1].a);
    step();
    expectWorked(output.weight.grad, worked.gradients[1].dweight, terms, scale);
    expectWorked(hidden.weight.grad, worked.gradients[0].dweight, terms, scale);
    expectWorked(output.weight, worked.after1.layers[1].weight, terms, scale);
    expectWorked(hidden.weight, worked.after1.layers[0].weight, terms, scale);
    close([measure().error], [worked.after1.error], 2);
  });

  it('ends where plain float64 ends after 10 000 steps', () => {
    const { hidden, output, measure, step } = network(core, dtype);
    for (let i = 0; i < steps; i++) step();
    expectWorked(output.weight, worked.after10000.layers[1].weight, steps * terms, scale);
    expectWorked(hidden.weight, worked.after10000.layers[0].weight, steps * terms, scale);
    close([measure().error], [worked.after10000.error], steps);
    close(measure().out, worked.after10000.states[1].a, steps);
  });

  it.skipIf(!printed)(`prints Mazur's figures${printed ? '' : ' (not here: ../shared/golden/published)'}`, () => {
    const { published, decimals } = printed!;
    /** To the decimals that hold in print; in f32 to its own precision where that is less. */
    const prints = (name: string, got: ArrayLike<number>) => {
      const expected = [published[name]].flat(2) as number[];
      const allowed = 0.5 * 10 ** -decimals[name] + (dtype === 'f32' ? terms * unitRoundoff.f32 : 0);
      expect(got.length, name).toBe(expected.length);
      expected.forEach((value, i) => {
        expect(Math.abs(got[i] - value), `${name}[${i}]: ${got[i]}, printed ${value}`).toBeLessThanOrEqual(allowed);
      });
    };
    const { hidden, output, measure, step } = network(core, dtype);
    const start = measure();
    prints('out_h', start.outHidden);
    prints('out_o', start.out);
    prints('error_0', [start.error]);
    step();
    prints('w1_after', hidden.weight.data);
    prints('w2_after', output.weight.data);
    prints('error_1', [measure().error]);
    for (let i = 1; i < steps; i++) step();
    prints('out_o_10000', measure().out);
    prints('error_10000', [measure().error]);
  });
});
