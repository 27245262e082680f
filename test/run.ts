// `npm test`: vitest with the arguments it is given, but for `--threads N`, the threads of the cores that the tests make.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const args = process.argv.slice(2);
const at = args.indexOf('--threads');
const threads = at < 0 ? 1 : Number(args.splice(at, 2)[1]);
if (!Number.isInteger(threads) || threads < 1) {
  console.error('npm test: --threads expected a whole number ≥ 1');
  process.exit(2);
}
// vitest exports no path of its command, but its package.json lies beside it.
const vitest = createRequire(import.meta.url)
  .resolve('vitest/package.json')
  .replace('package.json', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', ...args], {
  stdio: 'inherit',
  env: { ...process.env, SIMDGRAD_THREADS: String(threads) },
});
process.exitCode = status ?? 1;
