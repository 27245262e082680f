import { defineConfig } from 'vitest/config';

// Node 20 has relaxed SIMD behind a flag; later versions have it on and know no such flag.
const relaxedFlag = Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    execArgv: [...relaxedFlag, '--expose-gc'],
    testTimeout: 60_000,
  },
});
