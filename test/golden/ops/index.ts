import type { Mapping } from '../context.ts';
import { activation } from './activation.ts';
import { conv } from './conv.ts';
import { linear } from './linear.ts';
import { loss } from './loss.ts';
import { norm } from './norm.ts';
import { optimizer } from './optimizer.ts';
import { pool } from './pool.ts';
import { softmax } from './softmax.ts';
import { training } from './train.ts';

/** Every op that has a layer: `op`, or `op:kind` where the case has a kind. A case of any other is skipped. */
export const ops: Readonly<Record<string, Mapping>> = {
  ...activation,
  ...conv,
  ...linear,
  ...loss,
  ...norm,
  ...optimizer,
  ...pool,
  ...softmax,
  ...training,
};
