import { AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d } from '../../../src/index.ts';
import type { Mapping } from '../context.ts';

export const pool: Record<string, Mapping> = {
  max_pool2d: (c) => {
    const options = c.given('stride', 'padding', 'dilation', 'ceil_mode');
    return c.layer(new MaxPool2d(c.size('kernel', 1), { ...c.options, ...options }), c.tensor('x'));
  },
  avg_pool2d: (c) => {
    const options = c.given('stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override');
    return c.layer(new AvgPool2d(c.size('kernel', 1), { ...c.options, ...options }), c.tensor('x'));
  },
  adaptive_avg_pool2d: (c) => c.layer(new AdaptiveAvgPool2d(c.size('output', 1), c.options), c.tensor('x')),
  adaptive_max_pool2d: (c) => c.layer(new AdaptiveMaxPool2d(c.size('output', 1), c.options), c.tensor('x')),
  global_avg_pool2d: (c) => c.layer(new AdaptiveAvgPool2d(1, c.options), c.tensor('x')),
  global_max_pool2d: (c) => c.layer(new AdaptiveMaxPool2d(1, c.options), c.tensor('x')),
};
