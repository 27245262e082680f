import { LogSoftmax, Softmax } from '../../../src/index.ts';
import type { Mapping } from '../context.ts';

export const softmax: Record<string, Mapping> = {
  softmax: (c) => c.layer(new Softmax(c.attr('axis', -1), c.options), c.tensor('x')),
  log_softmax: (c) => c.layer(new LogSoftmax(c.attr('axis', -1), c.options), c.tensor('x')),
};
