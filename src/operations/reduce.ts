import type { FloatDType } from '../dtype.ts';
import { nestWorkspace } from '../geometry/broadcast.ts';
import { maxBackwardNests, reducedShape, reduceNest, sumBackwardNest } from '../geometry/reduce.ts';
import type { Operation } from '../operation.ts';
import { sizeOf } from '../shape.ts';
import { float } from './float.ts';

/** Axes to reduce: one, several, or all of them where undefined. They may count from the back. */
export type Axes = number | readonly number[] | undefined;

/** Σ x over axes, or its mean. */
export const sumOver = (name: 'sum' | 'mean', axes: Axes, keepdim: boolean): Operation => ({
  name,
  prepare(call, [x], { core }) {
    const reduction = reducedShape(call, float(call, x).shape, axes, keepdim);
    const forward = reduceNest(x.shape, reduction);
    const backward = sumBackwardNest(x.shape, reduction);
    const behind = 4 * forward.table.length;
    const n = name === 'mean' ? reduction.count : 1;
    const { sumForward, sumBackward } = core.kernels[x.dtype as FloatDType];
    return {
      outputs: [{ shape: reduction.shape, dtype: x.dtype }],
      table: [...forward.table, ...backward.table],
      accumulates: true,
      reserve: () => void core.memory.scratch(nestWorkspace),
      forward: ({ inputs, outputs, table }) => {
        const workspace = core.memory.scratch(nestWorkspace);
        sumForward(outputs[0].address, inputs[0].address, n, table, workspace, 0, forward.extent);
      },
      backward: ({ table }, gradients) => {
        const dx = gradients.inputs[0];
        const dout = gradients.outputs[0];
        if (!dx || !dout) return;
        const workspace = core.memory.scratch(nestWorkspace);
        const add = Number(gradients.accumulate[0]);
        sumBackward(dx.address, dout.address, n, table + behind, workspace, add, 0, backward.extent);
      },
    };
  },
});

/** max x over axes; the gradient is shared evenly among equal maxima. */
export const maxOver = (axes: Axes, keepdim: boolean): Operation => ({
  name: 'max',
  prepare(call, [x], { core }) {
    const reduction = reducedShape(call, float(call, x).shape, axes, keepdim);
    const forward = reduceNest(x.shape, reduction);
    const { count, share } = maxBackwardNests(x.shape, reduction);
    const ofCount = 4 * forward.table.length;
    const ofShare = ofCount + 4 * count.table.length;
    const backwardBytes = nestWorkspace + sizeOf(reduction.shape) * Float64Array.BYTES_PER_ELEMENT;
    const { maxForward, maxBackward } = core.kernels[x.dtype as FloatDType];
    return {
      outputs: [{ shape: reduction.shape, dtype: x.dtype }],
      table: [...forward.table, ...count.table, ...share.table],
      readsInputs: [0],
      readsOutputs: [0],
      accumulates: true,
      reserve: () => void core.memory.scratch(backwardBytes),
      forward: ({ inputs, outputs, table }) => {
        const workspace = core.memory.scratch(nestWorkspace);
        maxForward(outputs[0].address, inputs[0].address, table, workspace, 0, forward.extent);
      },
      backward: ({ inputs, outputs, table }, gradients) => {
        const dx = gradients.inputs[0];
        const dout = gradients.outputs[0];
        if (!dx || !dout) return;
        const out = outputs[0];
        const workspace = core.memory.scratch(backwardBytes);
        // biome-ignore format: outputs, inputs, axes
        maxBackward(
          dx.address, workspace + nestWorkspace,
          dout.address, inputs[0].address, out.address,
          table + ofCount, table + ofShare, workspace, Number(gradients.accumulate[0]), 0, count.extent,
        );
      },
    };
  },
});
