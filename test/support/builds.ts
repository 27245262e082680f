import { describe } from 'vitest';
import { hasRelaxedSimd } from '../../src/core/variant.ts';
import { type Core, createCore, type FloatDType } from '../../src/index.ts';

export const dtypes: readonly FloatDType[] = ['f32', 'f64'];

/** Threads of each core: of `npm test -- --threads N`. */
export const threads = Number(process.env.SIMDGRAD_THREADS ?? 1);

/** A core of every build that this runtime can run. */
export const cores: readonly Core[] = await Promise.all(
  (hasRelaxedSimd() ? (['plain', 'relaxed'] as const) : (['plain'] as const)).map((simd) => createCore({ simd, threads })),
);

// However small the sizes that tests take, every thread gets its share.
for (const core of cores) core.helpers?.shareAll();

/** Runs the tests in both element types and in every build that this runtime can run. */
export function forEachBuild(tests: (core: Core, dtype: FloatDType) => void): void {
  for (const core of cores) {
    for (const dtype of dtypes) describe(`${core.simd} ${dtype}`, () => tests(core, dtype));
  }
}
