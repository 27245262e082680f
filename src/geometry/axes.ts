import type { Shape } from '../shape.ts';

/** One loop of a kernel over several operands: its steps, and how many elements each operand moves at a step. */
export interface Axis {
  readonly size: number;
  readonly strides: readonly number[];
}

/** Elements from one index of each axis to the next, for a contiguous tensor. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/**
 * The same walk in as few axes as it takes, outermost first: axes of one step are dropped, and two neighbours
 * become one where every operand goes on at the end of the inner as the outer would.
 */
export function mergeAxes(axes: readonly Axis[]): Axis[] {
  const merged: Axis[] = [];
  for (const axis of axes) {
    const outer = merged.at(-1);
    if (axis.size === 1) continue;
    if (outer?.strides.every((stride, i) => stride === axis.strides[i] * axis.size)) {
      merged[merged.length - 1] = { size: outer.size * axis.size, strides: axis.strides };
    } else {
      merged.push(axis);
    }
  }
  return merged;
}

/** The axes as kernels read them: [rank, then the size and the strides of each]. */
export function axisTable(axes: readonly Axis[]): Int32Array {
  return Int32Array.from([axes.length, ...axes.flatMap(({ size, strides }) => [size, ...strides])]);
}
