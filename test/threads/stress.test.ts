import { Worker } from 'node:worker_threads';
import { afterAll, expect, it } from 'vitest';
import { createCore } from '../../src/index.ts';
import { drawsFor } from '../kernels/cuts/all.ts';
import { cores, dtypes } from '../support/builds.ts';
import { Given, outputsOf } from '../support/cuts.ts';
import { Random } from '../support/random.ts';

/** Calls of random kernels in each build. */
const calls = 3000;

// Other programs want the cores, too.
const busy = ['', ''].map(() => new Worker('for (;;);', { eval: true }));
afterAll(() => Promise.all(busy.map((worker) => worker.terminate())));

it.each(cores.map(({ simd }) => simd))(
  'random kernels have the bits of one thread on any number of them: %s',
  async (simd) => {
    const one = await createCore({ simd });
    const several = await Promise.all([2, 3, 5, 8].map((threads) => createCore({ simd, threads })));
    for (const core of several) core.helpers?.shareAll();
    const random = new Random(1);
    for (let i = 0; i < calls; i++) {
      const [dtype, seed] = [dtypes[i % 2], random.integer(1, 1e6)];
      const present = drawsFor(one, dtype);
      const [name, draw] = present[random.integer(0, present.length - 1)];
      const core = several[random.integer(0, several.length - 1)];
      const [got, want] = [core, one].map((on) => outputsOf(name, draw, new Given(on, dtype, seed)));
      for (const [k, words] of got.entries()) {
        const at = words.findIndex((word, j) => word !== want[k][j]);
        if (at >= 0)
          expect.fail(`${name} ${dtype}, seed ${seed}, ${core.threads} threads: output ${k} differs at word ${at}`);
      }
    }
    for (const core of [one, ...several]) core.dispose();
  },
  120_000,
);
