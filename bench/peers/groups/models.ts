import type { LayerSpec, Operand } from '../problem.ts';
import type { Random } from '../random.ts';

const conv = (C: number, O: number, k: number, padding: number): LayerSpec => ({ layer: 'conv', C, O, k, padding });
const linear = (inputs: number, outputs: number): LayerSpec => ({ layer: 'linear', inputs, outputs });
const relu: LayerSpec = { layer: 'relu' };
const pool: LayerSpec = { layer: 'pool' };
const flatten = (C: number, H: number, W: number): LayerSpec => ({ layer: 'flatten', shape: [C, H, W] });

/** LeNet-5 on digits. */
export const lenet: readonly LayerSpec[] = [
  ...[conv(1, 6, 5, 2), relu, pool],
  ...[conv(6, 16, 5, 0), relu, pool],
  ...[flatten(16, 5, 5), linear(400, 120), relu, linear(120, 84), relu, linear(84, 10)],
];

export const mlp: readonly LayerSpec[] = [linear(784, 128), relu, linear(128, 10)];

/** A small convolutional network for CIFAR's images of 3×32×32. */
export const cnn: readonly LayerSpec[] = [
  ...[conv(3, 32, 3, 1), relu, conv(32, 32, 3, 1), relu, pool],
  ...[conv(32, 64, 3, 1), relu, conv(64, 64, 3, 1), relu, pool],
  ...[flatten(64, 8, 8), linear(4096, 256), relu, linear(256, 10)],
];

/** Initial weights and biases p0, p1, …, uniform in ±1/√(terms of an output). */
export function parameters(model: readonly LayerSpec[], random: Random): Record<string, Operand> {
  const all = model.flatMap((spec) => {
    if (spec.layer === 'conv') {
      const bound = 1 / Math.sqrt(spec.C * spec.k ** 2);
      return [random.uniform([spec.O, spec.C, spec.k, spec.k], -bound, bound), random.uniform([spec.O], -bound, bound)];
    }
    if (spec.layer === 'linear') {
      const bound = 1 / Math.sqrt(spec.inputs);
      return [
        random.uniform([spec.outputs, spec.inputs], -bound, bound),
        random.uniform([spec.outputs], -bound, bound),
      ];
    }
    return [];
  });
  return Object.fromEntries(all.map((operand, i) => [`p${i}`, operand]));
}
