import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import { hasRelaxedSimd } from '../../src/core/variant.ts';
import { createCore, type FloatDType } from '../../src/index.ts';
import { type Case, readCases } from './format.ts';
import { runCase } from './run-case.ts';

const copy = fileURLToPath(new URL('golden-open.json', import.meta.url));

const program = new Command('golden')
  .description('Runs golden cases against the library. Exit code 1 when a case fails, 2 when the call is wrong.')
  .argument('[FILE.json...]', 'golden files, each with its .safetensors (default: the copy in test/golden)')
  .addOption(new Option('--dtype <dtype>', 'element type to compute in').choices(['f32', 'f64']).default('f32'))
  .addOption(
    new Option('--simd <build>', 'build to run (default: the fastest that this runtime has)').choices([
      'plain',
      'relaxed',
    ]),
  )
  .option('--threads <n>', 'threads', Number, 1)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program.parse();
const { dtype, simd, threads } = program.opts<{ dtype: FloatDType; simd?: 'plain' | 'relaxed'; threads: number }>();

// Node 20 has relaxed SIMD, behind a flag that is read whenever a module is compiled.
if (simd === 'relaxed' && !hasRelaxedSimd()) setFlagsFromString('--experimental-wasm-relaxed-simd');

const core = await createCore({ simd: simd ?? 'auto', threads });
core.helpers?.shareAll();
const count = { passed: 0, failed: 0, skipped: 0 };
const skipped = new Map<string, number>();
const cases = await Promise.all((program.args.length ? program.args : [copy]).map(read));
for (const golden of cases.flat()) {
  const outcome = runCase(golden, core, dtype);
  count[outcome.status]++;
  if (outcome.status === 'failed') console.log(`${golden.id} ${outcome.message}`);
  if (outcome.status === 'skipped') skipped.set(outcome.what, (skipped.get(outcome.what) ?? 0) + 1);
}
const summary = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`;
const names = [...skipped].map(([what, cases]) => `${what} (${cases})`).join(', ');
if (threads > 1) console.log(`${core.threads} threads${core.threadsReason && `: ${core.threadsReason}`}`);
console.log(names ? `${summary}\nskipped: ${names}` : summary);
process.exitCode = count.failed ? 1 : 0;

async function read(file: string): Promise<Case[]> {
  try {
    return await readCases(file, readFile);
  } catch (error) {
    return program.error(`error: ${file}: ${error instanceof Error ? error.message : error}`, { exitCode: 2 });
  }
}
