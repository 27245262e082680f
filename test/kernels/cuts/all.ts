import type { Core, FloatDType } from '../../../src/index.ts';
import type { Draw } from '../../support/cuts.ts';
import { convolutions } from './convolutions.ts';
import { elementwise } from './elementwise.ts';
import { movement } from './movement.ts';
import { nests } from './nests.ts';
import { poolings } from './pooling.ts';
import { products } from './products.ts';
import { rows } from './rows.ts';

/** Every kernel that takes begin and end. */
export const kernels: Record<string, Draw> = {
  ...elementwise,
  ...rows,
  ...nests,
  ...movement,
  ...poolings,
  ...products,
  ...convolutions,
};

/** Those that there are for an element type. */
export const drawsFor = (core: Core, dtype: FloatDType): [name: string, draw: Draw][] =>
  Object.entries(kernels).filter(([name]) => name in core.kernels[dtype]);
