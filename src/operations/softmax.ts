import type { Core } from '../core/core.ts';
import type { FloatDType } from '../dtype.ts';
import { linesAlong } from '../geometry/softmax.ts';
import type { Application, Operation, TensorSpec } from '../operation.ts';
import { float } from './float.ts';

/** Softmax or its logarithm along axis `dim`, which may count from the back. */
export function softmaxAlong(name: 'softmax' | 'logSoftmax', dim: number): Operation {
  return { name, prepare: (call, [x], { core }) => softmaxApplication(call, core, float(call, x), name, dim) };
}

export function softmaxApplication(
  call: string,
  core: Core,
  x: TensorSpec,
  kernel: 'softmax' | 'logSoftmax',
  dim: number,
): Application {
  const { rows, C, inner } = linesAlong(call, x.shape, dim);
  const kernels = core.kernels[x.dtype as FloatDType];
  const forward = kernels[`${kernel}Forward`];
  const backward = kernels[`${kernel}Backward`];
  return {
    outputs: [x],
    readsOutputs: [0],
    inPlace: [0],
    inPlaceBackward: [0],
    forward: ({ inputs, outputs }) => {
      forward(outputs[0].address, inputs[0].address, C, inner, 0, rows);
    },
    backward: ({ outputs }, gradients) => {
      const dx = gradients.inputs[0];
      const dout = gradients.outputs[0];
      if (dx && dout) backward(dx.address, dout.address, outputs[0].address, C, inner, 0, rows);
    },
  };
}
