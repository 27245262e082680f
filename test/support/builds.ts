import { describe } from 'vitest';
import { hasRelaxedSimd } from '../../src/core/variant.ts';
import { type Core, type CoreOptions, createCore, type FloatDType } from '../../src/index.ts';

export const dtypes: readonly FloatDType[] = ['f32', 'f64'];

const { process, SIMDGRAD_THREADS: set } = globalThis as { process?: NodeJS.Process; SIMDGRAD_THREADS?: string };
const asked = process?.env.SIMDGRAD_THREADS ?? set ?? '1';

/**
 * The threads of the cores that tests share: SIMDGRAD_THREADS, in Node's environment, or in a browser a global that the page
 * sets before it loads a test.
 */
export const threads: number | 'auto' = asked === 'auto' ? asked : Number(asked);

/** A core with these threads, each of which gets its share however small the work is. */
export async function newCore(options: CoreOptions = {}): Promise<Core> {
  const core = await createCore({ threads, ...options });
  core.helpers?.shareAll();
  return core;
}

/** A core of every build that this runtime can run. */
export const cores: readonly Core[] = await Promise.all(
  (hasRelaxedSimd() ? (['plain', 'relaxed'] as const) : (['plain'] as const)).map((simd) => newCore({ simd })),
);

/** Runs the tests in both element types and in every build that this runtime can run. */
export function forEachBuild(tests: (core: Core, dtype: FloatDType) => void): void {
  for (const core of cores) {
    for (const dtype of dtypes) describe(`${core.simd} ${dtype}`, () => tests(core, dtype));
  }
}
