import type { Core } from '../core/core.ts';
import { arrayOf, type FloatDType } from '../dtype.ts';
import type { Box } from '../geometry/box.ts';
import type { Tensor } from '../tensor.ts';

/** Copies a box of one tensor into another; `table` is where the application's table lies. */
export type BoxCopy = (to: Tensor, from: Tensor, table: number, accumulate: boolean) => void;

/** Several boxes' tables behind one another, and the copies that read them there. */
export function boxCopies(core: Core, dtype: FloatDType, boxes: readonly Box[]) {
  const { stridedCopy } = core.kernels[dtype];
  const bytes = arrayOf(dtype).BYTES_PER_ELEMENT;
  const table: number[] = [];
  const copies = boxes.map((box): BoxCopy => {
    const { offsetO, offsetX, extent } = box;
    const behind = Int32Array.BYTES_PER_ELEMENT * table.length;
    table.push(...box.table);
    return (to, from, at, accumulate) => {
      const out = to.address + bytes * offsetO;
      const x = from.address + bytes * offsetX;
      stridedCopy(out, x, at + behind, Number(accumulate), 0, extent);
    };
  });
  return { table, copies };
}
