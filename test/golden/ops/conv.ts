import { Conv2d } from '../../../src/index.ts';
import type { Mapping } from '../context.ts';

export const conv: Record<string, Mapping> = {
  conv2d: (c) => {
    const [O, perGroup, ...kernel] = c.values('w').shape;
    const layer = new Conv2d(perGroup * c.attr('groups', 1), O, kernel as [number, number], {
      ...c.options,
      ...c.given('stride', 'padding', 'dilation', 'groups'),
      bias: c.has('b'),
    });
    return c.layer(layer, c.tensor('x'), { w: layer.weight, b: layer.bias });
  },
};
