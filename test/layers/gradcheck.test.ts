import fc from 'fast-check';
import { describe, it } from 'vitest';
import { type Core, type GradCheckInput, gradCheck, Layer, LayerNorm, Sequential } from '../../src/index.ts';
import { cores } from '../support/builds.ts';

/** A layer and what to feed it. */
interface Subject {
  layer: Parameters<typeof gradCheck>[0];
  inputs: GradCheckInput | readonly GradCheckInput[];
}

type Options = { core: Core; dtype: 'f64' };

/** Random small sizes: `size(most)` is a whole number from 1 to `most`. */
type Size = (most?: number) => number;

/** Every layer and every loss: how to make one of random sizes. */
const subjects: Record<string, (options: Options, size: Size) => Subject> = {
  LayerNorm: (options, size) => {
    const shape = size() > 3 ? [size()] : [size(3), size(3)];
    return { layer: new LayerNorm(shape, options), inputs: [size(3), ...shape] };
  },
  'LayerNorm without affine': (options, size) => {
    const C = size();
    return { layer: new LayerNorm(C, { ...options, elementwiseAffine: false }), inputs: [size(3), C] };
  },
  Sequential: (options, size) => {
    const C = size();
    const inner = new Sequential(new LayerNorm([2, C], options));
    return { layer: new Sequential(new LayerNorm(C, options), inner), inputs: [size(3), 2, C] };
  },
};

for (const core of cores) {
  describe(`${core.simd} f64`, () => {
    it.each(Object.entries(subjects))('%s', (_, make) => {
      fc.assert(
        fc.property(fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), fc.nat(), (numbers, seed) => {
          let taken = 0;
          const size: Size = (most = 6) => 1 + (numbers[taken++] % most);
          core.random.restart(seed);
          const { layer, inputs } = make({ core, dtype: 'f64' }, size);
          if (layer instanceof Layer) {
            for (const parameter of layer.parameters()) parameter.fillNormal(1, 0.5);
          }
          const { ok, maxRelativeError, worst } = gradCheck(layer, inputs, { seed, tolerance: 1e-8 });
          if (layer instanceof Layer) layer.dispose();
          if (!ok) throw new Error(`${maxRelativeError} in ${JSON.stringify({ inputs, ...worst })}`);
        }),
        { numRuns: 25, seed: 1 },
      );
    });
  });
}
