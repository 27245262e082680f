import type { FloatDType } from '../dtype.ts';
import { reversed } from '../geometry/box.ts';
import { concatBoxes, splitBoxes } from '../geometry/concat.ts';
import type { Operation } from '../operation.ts';
import { sizeOf } from '../shape.ts';
import { boxCopies } from './box-copy.ts';
import { float } from './float.ts';

/** Several tensors side by side along an axis. */
export const concatenated = (dim: number): Operation => ({
  name: 'concat',
  prepare(call, inputs, { core }) {
    inputs.forEach((input, i) => void float(call, input, `tensors[${i}]`));
    const { shape, boxes } = concatBoxes(
      call,
      inputs.map((input) => input.shape),
      dim,
    );
    const dtype = inputs[0].dtype as FloatDType;
    const { table, copies } = boxCopies(core, dtype, [...boxes, ...boxes.map(reversed)]);
    const n = inputs.length;
    return {
      outputs: [{ shape, dtype }],
      table,
      accumulates: true,
      forward: ({ inputs: xs, outputs, table: at }) => {
        for (let i = 0; i < n; i++) copies[i](outputs[0], xs[i], at, false);
      },
      backward: ({ table: at }, { inputs: dxs, outputs: douts, accumulate }) => {
        const dout = douts[0];
        for (let i = 0; i < n; i++) {
          const dx = dxs[i];
          if (dx && dout) copies[n + i](dx, dout, at, accumulate[i] ?? false);
        }
      },
    };
  },
});

/** The parts of a tensor along an axis, of the sizes given, or all of one size and the last of what is left. */
export const divided = (sizes: number | readonly number[], dim: number): Operation => ({
  name: 'split',
  prepare(call, [x], { core }) {
    const dtype = float(call, x).dtype as FloatDType;
    const parts = splitBoxes(call, x.shape, sizes, dim);
    const boxes = parts.map(({ box }) => box);
    const { table, copies } = boxCopies(core, dtype, [...boxes, ...boxes.map(reversed)]);
    const { fill } = core.kernels[dtype];
    const n = parts.length;
    const size = sizeOf(x.shape);
    return {
      outputs: parts.map(({ shape }) => ({ shape, dtype })),
      table,
      accumulates: true,
      forward: ({ inputs, outputs, table: at }) => {
        for (let i = 0; i < n; i++) copies[i](outputs[i], inputs[0], at, false);
      },
      backward: ({ table: at }, { inputs: dxs, outputs: douts, accumulate }) => {
        const dx = dxs[0];
        if (!dx) return;
        const add = accumulate[0] ?? false;
        if (!add && douts.includes(undefined)) fill(dx.address, 0, 0, size);
        for (let i = 0; i < n; i++) {
          const dout = douts[i];
          if (dout) copies[n + i](dx, dout, at, add);
        }
      },
    };
  },
});
