import type { FloatDType } from '../dtype.ts';
import { type BinaryFormula, type Comparison, neededBy } from '../geometry/binary.ts';
import { broadcastShape, loopNest, nestWorkspace } from '../geometry/broadcast.ts';
import type { Operation } from '../operation.ts';
import { sameShape } from '../shape.ts';
import { float } from './float.ts';

/** y = f(a, b), element by element, with NumPy's broadcasting; a gradient is summed over the axes of a broadcast. */
export const binary = (name: BinaryFormula): Operation => ({
  name,
  prepare(call, [a, b], { core }) {
    float(call, a, 'a');
    float(call, b, 'b');
    const shape = broadcastShape(call, ['a', 'b'], [a.shape, b.shape]);
    const nests = [
      loopNest(shape, shape, a.shape, b.shape),
      loopNest(shape, a.shape, shape, a.shape, b.shape),
      loopNest(shape, b.shape, shape, a.shape, b.shape),
    ];
    const [ofA, ofB] = [4 * nests[0].table.length, 4 * (nests[0].table.length + nests[1].table.length)];
    const [extent, extentA, extentB] = nests.map((nest) => nest.extent);
    const whole = [a, b].flatMap((operand, i) => (sameShape(operand.shape, shape) ? [i] : []));
    const { da: forA, db: forB } = neededBy[name];
    const kernels = core.kernels[a.dtype as FloatDType];
    const forward = kernels[`${name}Forward`];
    const backwardA = kernels[`${name}BackwardA`];
    const backwardB = kernels[`${name}BackwardB`];
    return {
      outputs: [{ shape, dtype: a.dtype }],
      table: nests.flatMap((nest) => nest.table),
      readsInputs: ([askedA, askedB]) => {
        const read = (askedA ? forA : '') + (askedB ? forB : '');
        return [0, 1].filter((i) => read.includes('ab'[i]));
      },
      inPlace: whole,
      inPlaceBackward: whole,
      reserve: () => void core.memory.scratch(nestWorkspace),
      handsOn: name === 'add' ? whole : name === 'sub' ? whole.filter((i) => i === 0) : [],
      accumulates: true,
      forward: ({ inputs, outputs, table }) => {
        const workspace = core.memory.scratch(nestWorkspace);
        forward(outputs[0].address, inputs[0].address, inputs[1].address, table, workspace, 0, extent);
      },
      backward: ({ inputs, table }, { inputs: dinputs, outputs, accumulate }) => {
        const workspace = core.memory.scratch(nestWorkspace);
        const dout = outputs[0]?.address ?? 0;
        const atA = inputs[0].address;
        const atB = inputs[1].address;
        const da = dinputs[0];
        const db = dinputs[1];
        if (da) backwardA(da.address, dout, atA, atB, table + ofA, workspace, Number(accumulate[0]), 0, extentA);
        if (db) backwardB(db.address, dout, atA, atB, table + ofB, workspace, Number(accumulate[1]), 0, extentB);
      },
    };
  },
});

/** y = 1 where the comparison holds, else 0; without a gradient. With NumPy's broadcasting. */
export const comparison = (name: Comparison, label: string): Operation => ({
  name: label,
  prepare(call, [a, b], { core }) {
    float(call, a, 'a');
    float(call, b, 'b');
    const shape = broadcastShape(call, ['a', 'b'], [a.shape, b.shape]);
    const { table, extent } = loopNest(shape, shape, a.shape, b.shape);
    const forward = core.kernels[a.dtype as FloatDType][`${name}Forward`];
    return {
      outputs: [{ shape, dtype: a.dtype }],
      table,
      inPlace: [a, b].flatMap((operand, i) => (sameShape(operand.shape, shape) ? [i] : [])),
      forward: ({ inputs, outputs, table: at }) => {
        const workspace = core.memory.scratch(nestWorkspace);
        forward(outputs[0].address, inputs[0].address, inputs[1].address, at, workspace, 0, extent);
      },
    };
  },
});
