import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { Command, Option } from 'commander';
import { positive, whole } from '../options.ts';
import type { Comparison, Effort, Environment, Table } from './comparison.ts';
import { groups } from './groups.ts';
import { installPeers } from './install.ts';
import type { Peer } from './peer.ts';
import { otherNames, startPeers } from './peers.ts';
import { line } from './report/line.ts';
import { write } from './report/write.ts';
import { measureCase } from './rounds.ts';

interface Options {
  group?: string;
  peer: string[];
  filter: string;
  rounds: number;
  time: number;
  patience: number;
  threads: number;
  quick?: boolean;
  json?: string;
  from?: string;
  out?: string;
}

const options = new Command('npm run bench:peers --')
  .description('Compares simdgrad with other libraries, in turns within one run.')
  .addOption(new Option('--group <name>', 'only this table').choices(groups.map(({ name }) => name)))
  .addOption(
    new Option('--peer <name...>', 'only these libraries beside ours').choices(otherNames).default(otherNames, 'all'),
  )
  .option('--filter <text>', 'only cases whose name contains the text', '')
  .option('--rounds <n>', 'how often the libraries take turns at a case', whole, 9)
  .option('--time <ms>', 'how long to time each library at each case, over all rounds', positive, 500)
  .option('--patience <seconds>', 'a library whose call takes longer is given up for that case', positive, 8)
  .option('--threads <n>', 'threads for each library that has them', whole, 1)
  .addOption(
    new Option('--quick', 'a first look: short times, little patience').implies({
      rounds: 5,
      time: 100,
      patience: 2,
    }),
  )
  .option('--json <file>', 'write the figures there')
  .option('--from <file>', 'measure nothing, and take the figures that --json wrote')
  .option('--out <folder>', 'write peers.md and its charts there')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>();

function environment(): Environment {
  const { node, v8 } = process.versions;
  const processors = cpus();
  const system = `${type()} ${release()}`;
  return { cpu: processors[0].model, cpus: processors.length, node, v8, system, date: new Date().toISOString() };
}

async function measureAll(peers: readonly Peer[], effort: Effort): Promise<Table[]> {
  const tables: Table[] = [];
  const wanted = options.filter.toLowerCase();
  for (const { plans, ...group } of groups) {
    if (options.group && group.name !== options.group) continue;
    const rows: Table['rows'] = [];
    for (const { problem, ...plan } of plans) {
      if (!`${plan.kernel} ${plan.shape}`.toLowerCase().includes(wanted)) continue;
      const cells = await measureCase({ ...plan, problem: problem() }, peers, effort);
      const row = { kernel: plan.kernel, shape: plan.shape, flops: plan.flops, cells };
      if (rows.length === 0) console.log(`\n${group.title}`);
      console.log(line(row));
      rows.push(row);
    }
    if (rows.length > 0) tables.push({ ...group, rows });
  }
  return tables;
}

async function measure(): Promise<Comparison> {
  installPeers();
  const { rounds, time, threads } = options;
  const effort = { rounds, time, threads, patience: options.patience * 1000 };
  const { peers, columns } = await startPeers(options.peer, effort);
  for (const { name, version, missing } of columns) console.log(missing ? `${name}: ${missing}` : `${name} ${version}`);
  try {
    return { environment: environment(), effort, columns, tables: await measureAll(peers, effort) };
  } finally {
    for (const peer of peers) peer.close?.();
  }
}

const comparison: Comparison = options.from ? JSON.parse(readFileSync(options.from, 'utf8')) : await measure();
if (options.json) writeFileSync(options.json, `${JSON.stringify(comparison, null, 2)}\n`);
if (options.out) write(comparison, options.out);
if (comparison.tables.length === 0) {
  console.error(`no case contains '${options.filter}'`);
  process.exitCode = 1;
}
