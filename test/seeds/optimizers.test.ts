import { it } from 'vitest';
import { Adam, AdamW, Linear, type Parameter, RMSprop, SGD } from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectWorked } from './expect-worked.ts';
import { optimizers as worked } from './worked/optimizers.ts';

const { lr, momentum, beta1, beta2, alpha, eps, weightDecay } = worked;
// Two steps of at most a dozen roundings on values of at most 1; a gradient mean is divided by √v̂ ≥ 1/8.
const terms = 2 * 12 * 8;

const cases = [
  { title: 'SGD', after: worked.sgd, make: (p: Parameter[]) => new SGD(p, { lr }) },
  { title: 'momentum', after: worked.sgdMomentum, make: (p: Parameter[]) => new SGD(p, { lr, momentum }) },
  {
    title: 'Nesterov',
    after: worked.sgdNesterov,
    make: (p: Parameter[]) => new SGD(p, { lr, momentum, nesterov: true }),
  },
  { title: 'Adam', after: worked.adam, make: (p: Parameter[]) => new Adam(p, { lr, betas: [beta1, beta2], eps }) },
  {
    title: 'AdamW',
    after: worked.adamw,
    make: (p: Parameter[]) => new AdamW(p, { lr, betas: [beta1, beta2], eps, weightDecay }),
  },
  { title: 'RMSprop', after: worked.rmsprop, make: (p: Parameter[]) => new RMSprop(p, { lr, alpha, eps }) },
];

forEachBuild((core, dtype) => {
  it.each(cases)('$title takes the two steps', ({ after, make }) => {
    const { weight } = new Linear(1, 1, { bias: false, core, dtype });
    weight.fill(worked.theta);
    const optimizer = make([weight]);
    worked.gradients.forEach((g, step) => {
      weight.grad.fill(g);
      optimizer.step();
      expectWorked(weight, after[step], terms, 1);
    });
  });
});
