import { group as convolution } from './groups/convolution.ts';
import { group as matmul } from './groups/matmul.ts';
import { group as memory } from './groups/memory.ts';
import { group as steps } from './groups/steps.ts';
import type { Group } from './problem.ts';

/** In the order of the page. */
export const groups: readonly Group[] = [matmul, convolution, memory, steps];
