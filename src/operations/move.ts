import type { Core } from '../core/core.ts';
import type { FloatDType } from '../dtype.ts';
import { type Copied, reversed } from '../geometry/box.ts';
import { flipBox } from '../geometry/flip.ts';
import { padBox } from '../geometry/pad.ts';
import { permuteBox, transposeBox } from '../geometry/permute.ts';
import { type Range, sliceBox } from '../geometry/slice.ts';
import type { Application, Operation, TensorSpec } from '../operation.ts';
import { inferredShape, type Shape } from '../shape.ts';
import { boxCopies } from './box-copy.ts';
import { float } from './float.ts';

/** y, a box of x somewhere in a tensor that is `value` elsewhere; the gradient goes back to where the box was. */
function moved(core: Core, x: TensorSpec, { shape, box }: Copied, value = 0): Application {
  const dtype = x.dtype as FloatDType;
  const { table, copies } = boxCopies(core, dtype, [box, reversed(box)]);
  const [copy, copyBack] = copies;
  return {
    outputs: [{ shape, dtype }],
    table,
    accumulates: true,
    forward: ({ inputs, outputs, table: at }) => copy(outputs[0], inputs[0], at, false, value),
    backward: ({ table: at }, gradients) => {
      const dx = gradients.inputs[0];
      const dout = gradients.outputs[0];
      if (!dx || !dout) return;
      const add = gradients.accumulate[0] ?? false;
      copyBack(dx, dout, at, add, add ? undefined : 0);
    },
  };
}

/** x with its axes in another order. */
export const permuted = (dims: readonly number[]): Operation => ({
  name: 'permute',
  prepare: (call, [x], { core }) => moved(core, float(call, x), permuteBox(call, x.shape, dims)),
});

/** x with two axes exchanged. */
export const transposed = (dim0: number, dim1: number): Operation => ({
  name: 'transpose',
  prepare: (call, [x], { core }) => moved(core, float(call, x), transposeBox(call, x.shape, dim0, dim1)),
});

/** x with the order along some axes reversed. */
export const flipped = (dims: readonly number[]): Operation => ({
  name: 'flip',
  prepare: (call, [x], { core }) => moved(core, float(call, x), flipBox(call, x.shape, dims)),
});

/** A range of each axis of x. */
export const sliced = (ranges: readonly Range[]): Operation => ({
  name: 'slice',
  prepare: (call, [x], { core }) => moved(core, float(call, x), sliceBox(call, x.shape, ranges)),
});

/** x with a border of `value`. */
export const padded = (padding: readonly number[], value: number): Operation => ({
  name: 'pad',
  prepare: (call, [x], { core }) => moved(core, float(call, x), padBox(call, x.shape, padding), value),
});

/** x under another shape; one size may be −1, to be found. */
export const reshaped = (shape: Shape): Operation => ({
  name: 'reshape',
  prepare: (call, [x]) => ({ outputs: [{ shape: inferredShape(call, shape, x.shape), dtype: x.dtype }], view: true }),
});
