import { expect, it } from 'vitest';
import { CrossEntropyLoss, Softmax, Tensor } from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { expectWorked } from './expect-worked.ts';
import { differences } from './worked/difference.ts';
import { crossEntropy, softmaxLoss as worked } from './worked/softmax.ts';

// Three exponentials, their sum, a quotient or a logarithm, each within a few roundings; values are at most 2.
const terms = 24;
const scale = 2;

it.each([worked.hard, worked.smooth])('derives what central differences find: %o', ({ t, dz }) => {
  differences((z) => crossEntropy(z, t), worked.z).forEach((value, k) => expect(dz[k]).toBeCloseTo(value, 9));
});

forEachBuild((core, dtype) => {
  const logits = () => Tensor.from(worked.z, [1, 3], { core, dtype });

  it('is what Softmax computes', () => {
    expectWorked(new Softmax(-1, { core, dtype }).forward(logits()), worked.p, terms, scale);
  });

  it.each([
    { title: 'a label', example: worked.hard, labelSmoothing: 0 },
    { title: 'a smoothed label', example: worked.smooth, labelSmoothing: worked.smoothing },
  ])('is what CrossEntropyLoss computes for $title', ({ example, labelSmoothing }) => {
    const loss = new CrossEntropyLoss({ labelSmoothing, core, dtype });
    const label = Tensor.from([worked.label], [1], { core, dtype: 'i32' });
    expectClose([loss.forward(logits(), label)], [example.loss], { dtype, terms, scale });
    expectWorked(loss.backward(), example.dz, terms, scale);
  });

  it('takes the same target as probabilities', () => {
    const loss = new CrossEntropyLoss({ core, dtype });
    const target = Tensor.from(worked.smooth.t, [1, 3], { core, dtype });
    expectClose([loss.forward(logits(), target)], [worked.smooth.loss], { dtype, terms, scale });
    expectWorked(loss.backward(), worked.smooth.dz, terms, scale);
  });
});
