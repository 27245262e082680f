import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Command, Option } from 'commander';
import { type Core, type CoreOptions, createCore } from 'simdgrad';
import { disagreement } from './agree.ts';
import type { BenchCase, BenchCases } from './case.ts';
import { memoryCopy } from './copy.ts';
import { type Clock, type Effort, type Measurement, measure } from './measure.ts';
import { positive, whole } from './options.ts';
import { heading, row } from './table.ts';

interface Options {
  filter?: string;
  iterations?: number;
  time?: number;
  simd: NonNullable<CoreOptions['simd']>;
  threads: number;
  clock: Clock;
  json?: string;
}

interface Result extends Partial<Measurement> {
  kernel: string;
  shape: string;
  flops?: number;
  bytes?: number;
  calls?: number;
  refused?: string;
}

const options = new Command('npm run bench --')
  .description(
    'Compares every kernel with a well-written JavaScript loop over Float32Arrays, one thread each; or, with --threads, several threads with one.',
  )
  .option('--filter <text>', 'only cases whose kernel or shape contains the text')
  .option('--time <ms>', 'how long to time each side of a case (default: 1000)', positive)
  .option('--iterations <n>', 'calls of each side of a case; without --time, no more than that', whole)
  .addOption(new Option('--simd <build>', 'which build to time').choices(['auto', 'plain', 'relaxed']).default('auto'))
  .option('--threads <n>', 'how many threads to compare with one', whole, 1)
  .addOption(
    new Option('--clock <clock>', 'time that passes, or processor time, for a busy machine')
      .choices(['wall', 'cpu'])
      .default('wall'),
  )
  .option('--json <file>', 'write the figures there too')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

// Node 20 has relaxed SIMD behind a flag; later versions have it on and know no such flag.
if (options.simd === 'relaxed' && Number(process.versions.node.split('.')[0]) < 22) {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
}

/** Every case that the filter lets through, each file's over a core of its own; and the same on one thread, where several are asked for. */
async function* cases(filter = ''): AsyncGenerator<{ benchCase: BenchCase; one?: BenchCase }> {
  const folder = new URL('./kernels/', import.meta.url);
  const wanted = filter.toLowerCase();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.bench.ts')) continue;
    const { default: ofFile }: { default: BenchCases } = await import(new URL(file, folder).href);
    const { simd, threads } = options;
    const cases = ofFile(await createCore({ simd, threads }));
    const onOne = threads > 1 ? ofFile(await createCore({ simd }))[Symbol.iterator]() : undefined;
    for (const benchCase of cases) {
      const one = onOne?.next().value as BenchCase | undefined;
      if (`${benchCase.kernel} ${benchCase.shape}`.toLowerCase().includes(wanted)) yield { benchCase, one };
    }
  }
}

/** The same numbers first, then the times: against JavaScript, or against one thread. */
function compare(benchCase: BenchCase, one: BenchCase | undefined, effort: Effort): Result {
  const { kernel, shape, flops, bytes, calls } = benchCase;
  benchCase.reset?.();
  benchCase.ours();
  benchCase.baseline();
  const refused = disagreement(benchCase);
  if (refused) return { kernel, shape, refused };
  if (!one) return { kernel, shape, flops, bytes, calls, ...measure(benchCase, effort, copy) };
  const reset = () => [benchCase, one].forEach((side) => side.reset?.());
  const onOne = { ...benchCase, reset, baseline: () => one.ours() };
  return { kernel, shape, flops, bytes, ...measure(onOne, effort, copy) };
}

function environment({ simd, threads }: Core) {
  const { node, v8 } = process.versions;
  const processors = cpus();
  const machine = { cpu: processors[0].model, cpus: processors.length, load: loadavg()[0] };
  return { date: new Date().toISOString(), ...machine, node, v8, simd, threads };
}

const effort: Effort = {
  iterations: options.iterations ?? 1,
  time: options.time ?? (options.iterations === undefined ? 1000 : 0),
  clock: options.clock,
};
const core = await createCore({ simd: options.simd, threads: options.threads });
const here = environment(core);
const copy = memoryCopy(core);
console.log(
  here.threads > 1
    ? `simdgrad ${here.simd} SIMD, ${here.threads} threads against one`
    : `simdgrad ${here.simd} SIMD, ${here.threads} thread, against JavaScript over Float32Arrays`,
);
console.log(`${here.cpu} × ${here.cpus} (load ${here.load.toFixed(1)}), Node ${here.node}, ${here.date.slice(0, 10)}`);
if (options.clock === 'cpu') console.log('Processor time of the process, not time that passed.');
console.log("The fastest call of a round, median over alternating rounds ± half of the rounds' interquartile range.");
console.log("'of copy': bytes per second as a share of those of memory.copy out of cache, 32 MB to 32 MB.");
console.log("'+0.10 µs': what each layer call adds, where the other side is the same kernels alone.\n");
console.log(here.threads > 1 ? heading('threads', 'one thread') : heading('simdgrad', 'JavaScript'));

const results: Result[] = [];
for await (const { benchCase, one } of cases(options.filter)) {
  if (results.at(-1)?.kernel !== benchCase.kernel) console.log(benchCase.kernel);
  const result = compare(benchCase, one, effort);
  results.push(result);
  const { ours, baseline, ratio, share } = result;
  if (ours && baseline && ratio) console.log(row(benchCase, { ours, baseline, ratio, share }));
  else console.log(`  ${benchCase.shape}: not timed, since the numbers differ: ${result.refused}`);
}
if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...here, effort, results }, null, 2)}\n`);

const refused = results.filter((result) => result.refused !== undefined);
if (results.length === 0) console.error(`no kernel and no shape contains '${options.filter}'`);
if (refused.length > 0)
  console.error(`\n${refused.length} of ${results.length} cases gave other numbers than the baseline`);
process.exitCode = results.length === 0 || refused.length > 0 ? 1 : 0;
