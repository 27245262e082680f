import { keepingState } from '../layers/keeping-state.ts';
import { type Flow, Layer } from '../layers/layer.ts';
import type { Application, Operation, TensorSpec } from '../operation.ts';
import { Tensor } from '../tensor.ts';

/** Whether a layer of a user's own runs itself, in memory of its own, instead of saying what it computes. */
export const overridesForward = (layer: Layer): boolean => layer.prepare === Layer.prototype.prepare;

/**
 * Such a layer as an operation, of which each application needs a fork. Its output shapes are found by running it once
 * on zeros; results are copied from its memory to the graph's.
 */
export function opaque(fork: Layer): Operation {
  const layer = fork as unknown as Layer<readonly Tensor[], Flow>;
  return { name: fork.name, prepare: (_call, inputs) => opaqueApplication(layer, inputs) };
}

function opaqueApplication(fork: Layer<readonly Tensor[], Flow>, inputs: readonly TensorSpec[]): Application {
  return {
    outputs: keepingState(fork, () => probe(fork, inputs)),
    readsInputs: inputs.map((_, i) => i),
    hasParameters: fork.parameters().length > 0,
    forward: (site) => {
      listOf(fork.forward(...site.inputs)).forEach((y, k) => void site.outputs[k].data.set(y.data));
    },
    backward: (site, gradients) => {
      const zeros: Tensor[] = [];
      const upstream = gradients.outputs.map((dout, k) => {
        if (dout) return dout;
        const { shape, dtype, core } = site.outputs[k];
        return zeros[zeros.push(Tensor.zeros(shape, { dtype, core })) - 1];
      });
      try {
        const dinputs = listOf(fork.backward(...(upstream as never)) as Tensor | readonly Tensor[]);
        gradients.inputs.forEach((dx, i) => void dx?.data.set(dinputs[i].data));
      } finally {
        for (const zero of zeros) zero.dispose();
      }
    },
  };
}

/** The shapes that come out for inputs of these shapes. */
function probe(fork: Layer<readonly Tensor[], Flow>, inputs: readonly TensorSpec[]) {
  const zeros = inputs.map(({ shape, dtype }) => Tensor.zeros(shape, { dtype, core: fork.core }));
  try {
    return fork.aside(() => listOf(fork.forward(...zeros)).map(({ shape, dtype }) => ({ shape, dtype })));
  } finally {
    for (const zero of zeros) zero.dispose();
  }
}

const listOf = <T>(flow: T | readonly T[]): readonly T[] => (Array.isArray(flow) ? flow : [flow as T]);
