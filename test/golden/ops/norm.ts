import { LayerNorm } from '../../../src/index.ts';
import type { Mapping } from '../context.ts';

export const norm: Record<string, Mapping> = {
  layer_norm: (c) => {
    const shape = c.attr<number[]>('normalized_shape', []);
    const eps = c.attr('eps', 1e-5);
    const layer = new LayerNorm(shape, { ...c.options, eps, elementwiseAffine: c.has('w'), bias: c.has('b') });
    return c.layer(layer, c.tensor('x'), { w: layer.weight, b: layer.bias });
  },
};
