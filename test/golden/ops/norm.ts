import { LayerNorm } from '../../../src/index.ts';
import { batchNorm, groupNorm, perChannel, rmsNorm } from '../../formulas/normalization.ts';
import type { Mapping } from '../context.ts';

export const norm: Record<string, Mapping> = {
  layer_norm: (c) => {
    const shape = c.attr<number[]>('normalized_shape', []);
    const eps = c.attr('eps', 1e-5);
    const layer = new LayerNorm(shape, { ...c.options, eps, elementwiseAffine: c.has('w'), bias: c.has('b') });
    return c.layer(layer, c.tensor('x'), { w: layer.weight, b: layer.bias });
  },

  batch_norm: (c) => {
    const options = {
      training: c.attr('training', false),
      momentum: c.attr('momentum', 0.1),
      eps: c.attr('eps', 1e-5),
    };
    return c.graph(({ x, running_mean, running_var, w, b }) => {
      const before = { mean: running_mean, variance: running_var };
      const { y, running } = batchNorm(x, before, options, w && perChannel(w, x), b && perChannel(b, x));
      return { y, new_running_mean: running.mean, new_running_var: running.variance };
    });
  },

  group_norm: (c) => {
    const [groups, eps] = [c.attr('groups', 1), c.attr('eps', 1e-5)];
    return c.graph(({ x, w, b }) => ({ y: groupNorm(x, groups, eps, w, b) }));
  },

  rms_norm: (c) => {
    const eps = c.attr('eps', 1e-5);
    return c.graph(({ x, w }) => ({ y: rmsNorm(x, w, eps) }));
  },
};
