import { expect, it } from 'vitest';
import { GELU, Sigmoid, SiLU, Tanh, Tensor } from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectWorked } from './expect-worked.ts';
import { activation, functions, points } from './worked/activation.ts';
import { differences } from './worked/difference.ts';

const n = points.length;
// An elementary function within two units in the last place, and a short formula around it.
const terms = 24;
const scale = 2;

it.each(Object.entries(functions))('%s: derives what central differences find', (_, { f, df }) => {
  for (const x of points) expect(df(x)).toBeCloseTo(differences(([value]) => f(value), [x])[0], 9);
});

forEachBuild((core, dtype) => {
  it.each([
    { name: 'sigmoid', layer: new Sigmoid({ core, dtype }) },
    { name: 'tanh', layer: new Tanh({ core, dtype }) },
    { name: 'silu', layer: new SiLU({ core, dtype }) },
    { name: 'gelu', layer: new GELU({ core, dtype }) },
    { name: 'geluTanh', layer: new GELU({ approximate: 'tanh', core, dtype }) },
  ] as const)('$name is what the layer computes', ({ name, layer }) => {
    const x = Tensor.from(points, [n], { core, dtype });
    expectWorked(layer.forward(x), activation[name].slice(0, n), terms, scale);
    expectWorked(layer.backward(Tensor.ones([n], { core, dtype })), activation[name].slice(n), terms, scale);
  });
});
