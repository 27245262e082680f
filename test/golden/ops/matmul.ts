import { matmul as product } from '../../../src/index.ts';
import type { Mapping } from '../context.ts';

export const matmul: Record<string, Mapping> = {
  matmul: (c) => c.graph(({ a, b }) => ({ y: product(a, b) })),
};
