import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { forEachBuild } from '../support/builds.ts';
import { type Draw, expectSameBits, Given } from '../support/cuts.ts';
import { convolutions } from './cuts/convolutions.ts';
import { elementwise } from './cuts/elementwise.ts';
import { movement } from './cuts/movement.ts';
import { nests } from './cuts/nests.ts';
import { poolings } from './cuts/pooling.ts';
import { products } from './cuts/products.ts';
import { rows } from './cuts/rows.ts';

/** Every kernel that takes begin and end. */
const kernels: Record<string, Draw> = {
  ...elementwise,
  ...rows,
  ...nests,
  ...movement,
  ...poolings,
  ...products,
  ...convolutions,
};

/** Calls of each kernel in each build and element type. */
const calls = 20;

it('is about every kernel that takes begin and end', () => {
  const exports = readFileSync(new URL('../../src/wasm/exports.ts', import.meta.url), 'utf8');
  const divided = [...exports.matchAll(/^ *(\w+?)(?:_f32|_f64)?\(.*\bbegin: number, end: number\)/gm)].map((m) => m[1]);
  expect(Object.keys(kernels).sort()).toEqual([...new Set(divided)].sort());
});

forEachBuild((core, dtype) => {
  it.each(Object.entries(kernels))('%s gives the same bits however its range is cut', (kernel, draw) => {
    for (let seed = 1; seed <= calls; seed++) expectSameBits(kernel, draw, new Given(core, dtype, seed));
  });
});
