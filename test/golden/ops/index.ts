import type { Mapping } from '../context.ts';
import { activation } from './activation.ts';
import { attention } from './attention.ts';
import { conv } from './conv.ts';
import { embedding } from './embedding.ts';
import { linear } from './linear.ts';
import { loss } from './loss.ts';
import { matmul } from './matmul.ts';
import { norm } from './norm.ts';
import { optimizer } from './optimizer.ts';
import { pool } from './pool.ts';
import { recurrence } from './recurrent.ts';
import { softmax } from './softmax.ts';
import { training } from './train.ts';

/** Every op that layers or gates can say: `op`, or `op:kind` where the case has a kind. A case of any other is skipped. */
export const ops: Readonly<Record<string, Mapping>> = {
  ...activation,
  ...attention,
  ...conv,
  ...embedding,
  ...linear,
  ...loss,
  ...matmul,
  ...norm,
  ...optimizer,
  ...pool,
  ...recurrence,
  ...softmax,
  ...training,
};
