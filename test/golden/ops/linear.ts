import { Linear } from '../../../src/index.ts';
import type { Mapping } from '../context.ts';

export const linear: Record<string, Mapping> = {
  linear: (c) => {
    const [O, I] = c.values('w').shape;
    const layer = new Linear(I, O, { ...c.options, bias: c.has('b') });
    return c.layer(layer, c.tensor('x'), { w: layer.weight, b: layer.bias });
  },
};
