import { embedding as rowsOf, where } from '../../../src/index.ts';
import type { Mapping } from '../context.ts';

export const embedding: Record<string, Mapping> = {
  embedding: (c) => {
    const padding = c.attr<number | undefined>('padding_idx', undefined);
    if (padding === undefined) return c.graph(({ idx, w }) => ({ y: rowsOf(idx, w) }));
    // The row of the padding is a constant, which has no gradient.
    const constant = c.tensor('w');
    const isPadding = c.tensorOf({
      shape: [constant.shape[0], 1],
      data: Int32Array.from({ length: constant.shape[0] }, (_, row) => Number(row === padding)),
    });
    return c.graph(({ idx, w }) => ({ y: rowsOf(idx, where(isPadding, constant, w)) }));
  },
};
