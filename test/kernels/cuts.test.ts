import { expect, it } from 'vitest';
import { forEachBuild } from '../support/builds.ts';
import { expectSameBits, Given } from '../support/cuts.ts';
import { readText } from '../support/files.ts';
import { drawsFor, kernels } from './cuts/all.ts';

/** Calls of each kernel in each build and element type. */
const calls = 20;

it('is about every kernel that takes begin and end', async () => {
  const exports = await readText('src/wasm/exports.ts');
  const divided = [...exports.matchAll(/^ *(\w+?)(?:_f32|_f64)?\(.*\bbegin: number, end: number\)/gm)].map((m) => m[1]);
  expect(Object.keys(kernels).sort()).toEqual([...new Set(divided)].sort());
});

forEachBuild((core, dtype) => {
  it.each(drawsFor(core, dtype))('%s gives the same bits however its range is cut', (kernel, draw) => {
    for (let seed = 1; seed <= calls; seed++) expectSameBits(kernel, draw, new Given(core, dtype, seed));
  });
});
