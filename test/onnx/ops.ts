import { attentionOps } from './attention.ts';
import type { Op } from './case.ts';
import { gateOps } from './gates.ts';
import { layerOps } from './layers.ts';
import { recurrentOps } from './recurrent.ts';
import { windowOps } from './window.ts';

/** Every op that layers or gates can say. */
export const ops: Readonly<Record<string, Op>> = {
  ...attentionOps,
  ...gateOps,
  ...layerOps,
  ...recurrentOps,
  ...windowOps,
};
