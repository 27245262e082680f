import type { Core } from '../core/core.ts';
import { arrayOf, type FloatDType } from '../dtype.ts';
import type { Box } from '../geometry/box.ts';
import type { Tensor } from '../tensor.ts';

/**
 * Copies a box of one tensor into another; `table` is where the application's table lies. With `around`, what the box
 * leaves of the other becomes that number.
 */
export type BoxCopy = (to: Tensor, from: Tensor, table: number, accumulate: boolean, around?: number) => void;

/** Bytes that are filled and then copied into together, while they are in the first level of cache. */
const together = 1 << 14;

/** Several boxes' tables behind one another, and the copies that read them there. */
export function boxCopies(core: Core, dtype: FloatDType, boxes: readonly Box[]) {
  const { fill, stridedCopy } = core.kernels[dtype];
  const bytes = arrayOf(dtype).BYTES_PER_ELEMENT;
  const table: number[] = [];
  const copies = boxes.map((box): BoxCopy => {
    const { offsetO, offsetX, extent } = box;
    const behind = Int32Array.BYTES_PER_ELEMENT * table.length;
    table.push(...box.table);
    return (to, from, at, accumulate, around) => {
      const out = to.address + bytes * offsetO;
      const x = from.address + bytes * offsetX;
      const copy = (begin: number, end: number) => stridedCopy(out, x, at + behind, Number(accumulate), begin, end);
      if (around === undefined || box.size === to.size) return copy(0, extent);
      // Index i of the first axis lies in the i-th of the slabs of `stride` elements from `first` on.
      const stride = box.axes[0].strides[0];
      const first = offsetO - (offsetO % stride);
      const step = Math.ceil(together / (bytes * stride));
      for (let begin = 0, filled = 0; begin < extent; begin += step) {
        const end = Math.min(begin + step, extent);
        const upTo = end < extent ? first + end * stride : to.size;
        fill(to.address, around, filled, upTo);
        copy(begin, end);
        filled = upTo;
      }
    };
  });
  return { table, copies };
}
