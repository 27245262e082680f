import type { FloatDType } from '../dtype.ts';
import { broadcastShape, loopNest, nestWorkspace } from '../geometry/broadcast.ts';
import type { Operation } from '../operation.ts';
import { sameShape } from '../shape.ts';
import { float } from './float.ts';

/** Whole numbers as floats; floats as they are. */
export const asFloat: Operation = {
  name: 'float',
  prepare(_call, [x], { core, dtype }) {
    if (x.dtype !== 'i32') return { outputs: [x], view: true };
    const { fromInt } = core.kernels[dtype];
    return {
      outputs: [{ shape: x.shape, dtype }],
      forward: ({ inputs, outputs }) => fromInt(outputs[0].address, inputs[0].address, 0, outputs[0].size),
    };
  },
};

/** y = a where the condition is not 0, else b, with NumPy's broadcasting of all three. The condition has no gradient. */
export const where: Operation = {
  name: 'where',
  prepare(call, [condition, a, b], { core }) {
    float(call, a, 'a');
    float(call, b, 'b');
    const shape = broadcastShape(call, ['condition', 'a', 'b'], [condition.shape, a.shape, b.shape]);
    const nests = [
      loopNest(shape, shape, condition.shape, a.shape, b.shape),
      loopNest(shape, a.shape, shape, condition.shape),
      loopNest(shape, b.shape, shape, condition.shape),
    ];
    const [ofA, ofB] = [4 * nests[0].table.length, 4 * (nests[0].table.length + nests[1].table.length)];
    const [extent, extentA, extentB] = nests.map((nest) => nest.extent);
    const { whereForward, whereBackwardA, whereBackwardB } = core.kernels[a.dtype as FloatDType];
    const whole = [condition, a, b].flatMap((operand, i) => (sameShape(operand.shape, shape) ? [i] : []));
    return {
      outputs: [{ shape, dtype: a.dtype }],
      table: nests.flatMap((nest) => nest.table),
      readsInputs: [0],
      undifferentiable: [0],
      inPlace: whole,
      inPlaceBackward: whole,
      accumulates: true,
      reserve: () => void core.memory.scratch(nestWorkspace),
      forward: ({ inputs, outputs, table }) => {
        const workspace = core.memory.scratch(nestWorkspace);
        const c = inputs[0].address;
        whereForward(outputs[0].address, c, inputs[1].address, inputs[2].address, table, workspace, 0, extent);
      },
      backward: ({ inputs, table }, { inputs: dinputs, outputs, accumulate }) => {
        const workspace = core.memory.scratch(nestWorkspace);
        const dout = outputs[0]?.address ?? 0;
        const c = inputs[0].address;
        const da = dinputs[1];
        const db = dinputs[2];
        if (da) whereBackwardA(da.address, dout, c, table + ofA, workspace, Number(accumulate[1]), 0, extentA);
        if (db) whereBackwardB(db.address, dout, c, table + ofB, workspace, Number(accumulate[2]), 0, extentB);
      },
    };
  },
};
