import { reject } from '../check.ts';
import type { FloatDType } from '../dtype.ts';
import { embeddingGeometry, type Gather, gatherGeometry, indexSelectGeometry } from '../geometry/gather.ts';
import type { Operation, TensorSpec } from '../operation.ts';
import { type Shape, sizeOf } from '../shape.ts';
import { float } from './float.ts';

/** Elements of x that an index names; where it names one several times, their gradients add up. */
const picked = (name: string, geometryOf: (call: string, x: Shape, index: Shape) => Gather): Operation => ({
  name,
  prepare(call, [x, index], { core }) {
    const dtype = float(call, x).dtype as FloatDType;
    whole(call, index);
    const { shape, choices, stride, forward, backward } = geometryOf(call, x.shape, index.shape);
    const { gatherForward, gatherBackward, fill } = core.kernels[dtype];
    const behind = Int32Array.BYTES_PER_ELEMENT * forward.table.length;
    const size = sizeOf(x.shape);
    return {
      outputs: [{ shape, dtype }],
      table: [...forward.table, ...backward.table],
      indexBounds: [{ input: 1, bound: choices }],
      readsInputs: [1],
      accumulates: true,
      forward: ({ inputs, outputs, table }) => {
        const index = inputs[1].address;
        gatherForward(outputs[0].address, inputs[0].address, index, table, stride, 0, forward.extent);
      },
      backward: ({ inputs, table }, gradients) => {
        const dx = gradients.inputs[0];
        const dout = gradients.outputs[0];
        if (!dx || !dout) return;
        if (!gradients.accumulate[0]) fill(dx.address, 0, 0, size);
        const at = table + behind;
        gatherBackward(dx.address, dout.address, inputs[1].address, at, stride, backward.cut, 0, backward.extent);
      },
    };
  },
});

/** out[…, j, …] = x[…, index[…, j, …], …], an index for every element. */
export const gathered = (dim: number): Operation =>
  picked('gather', (call, x, index) => gatherGeometry(call, x, dim, index));

/** The slices of x along `dim` that a list of indices names. */
export const selected = (dim: number): Operation =>
  picked('indexSelect', (call, x, index) => indexSelectGeometry(call, x, dim, index));

/** The rows of a table [V, D] that indices of any shape name. */
export const embedded: Operation = picked('embedding', (call, index, weight) => embeddingGeometry(call, index, weight));

function whole(call: string, { dtype }: TensorSpec): void {
  if (dtype !== 'i32') reject(call, 'index', 'dtype i32', dtype, TypeError);
}
