import type { Core } from '../core/core.ts';
import type { FloatDType } from '../dtype.ts';
import { type Formula, savedBy } from '../geometry/activation.ts';
import type { Application, Operation, TensorSpec } from '../operation.ts';
import { float } from './float.ts';

/**
 * y = f(x), element by element, of any shape.
 * @param name what the operation is called in messages and pictures
 * @param a, b the formula's hyper-parameters, where it has any
 */
export function activation(name: string, formula: Formula, a = 0, b = 0): Operation {
  return { name, prepare: (call, [x], { core }) => activationApplication(core, float(call, x), formula, a, b) };
}

export function activationApplication(core: Core, x: TensorSpec, formula: Formula, a: number, b: number): Application {
  const kernels = core.kernels[x.dtype as FloatDType];
  const forward = kernels[`${formula}Forward`];
  const backward = kernels[`${formula}Backward`];
  const saves = savedBy[formula];
  return {
    outputs: [x],
    ...(saves === 'x' && { readsInputs: [0] }),
    ...(saves === 'y' && { readsOutputs: [0] }),
    inPlace: [0],
    inPlaceBackward: [0],
    accumulates: true,
    forward: ({ inputs, outputs }) => {
      forward(outputs[0].address, inputs[0].address, a, b, 0, outputs[0].size);
    },
    backward: ({ inputs, outputs }, gradients) => {
      const saved = saves === 'x' ? inputs[0] : outputs[0];
      const dx = gradients.inputs[0];
      const dout = gradients.outputs[0];
      const accumulate = gradients.accumulate[0] ?? false;
      if (!dx || !dout) return;
      backward(dx.address, dout.address, saved.address, a, b, Number(accumulate), 0, saved.size);
    },
  };
}
