import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Comparison, Row } from '../../bench/peers/comparison.ts';
import { groups } from '../../bench/peers/groups.ts';
import { Messages } from '../../bench/peers/messages.ts';
import type { Peer } from '../../bench/peers/peer.ts';
import { startPeer } from '../../bench/peers/process.ts';
import { chart } from '../../bench/peers/report/chart.ts';
import { page } from '../../bench/peers/report/page.ts';
import { measureCase } from '../../bench/peers/rounds.ts';

const figure = (median: number) => ({ median, spread: 0.02 });
const row: Row = {
  kernel: 'matrix product',
  shape: '64³',
  flops: 2 * 64 ** 3,
  cells: {
    simdgrad: { time: figure(0.01), ratio: figure(1), calls: 900 },
    fast: { time: figure(0.005), ratio: figure(0.5), calls: 900 },
    slow: { time: { median: 4000, spread: null }, ratio: { median: 400000, spread: null }, calls: 1 },
    wrong: { refused: 'differs: result 0[1]: 2, baseline 3 | 4\nand more' },
    unable: { refused: 'no gradients' },
  },
};
const other: Row = {
  ...row,
  shape: '16³',
  cells: { ...row.cells, wrong: { time: figure(0.02), ratio: figure(2), calls: 9 } },
};
const comparison: Comparison = {
  environment: { cpu: 'a CPU', cpus: 2, node: '26.0.0', v8: '14', system: 'Linux 6', date: '2026-01-02T03:04:05Z' },
  effort: { rounds: 9, time: 500, patience: 8000, threads: 1 },
  columns: [
    ...Object.keys(row.cells).map((name) => ({ name, version: '1.2.3', manner: `calls of ${name}` })),
    { name: 'absent', version: '', manner: '', missing: 'no torch' },
  ],
  tables: [{ name: 'matmul', title: 'Matrix products', about: 'Products.', rows: [row, other] }],
};

it('writes a page with a table of what was found', () => {
  const text = page(comparison, ({ name }) => `${name}.svg`);
  expect(text).toContain('| a CPU, 2 cores, Linux 6 |');
  expect(text).toContain('| absent | – | not measured: no torch |');
  expect(text).toContain("![Matrix products: time over simdgrad's](matmul.svg)");
  expect(text).toContain('|  | simdgrad | fast | slow | wrong | absent | our GFLOP/s |');
  expect(text).toContain(
    '| matrix product 64³ | 10.0 µs ±2 % | **0.50×** 5.00 µs ±2 % | **400000×** 4.00 s (1 call) ' +
      '| differs: result 0[1]: 2, baseline 3 \\| 4 | – | 52.4 |',
  );
  expect(text).toContain('With no case here: unable (no gradients).');
});

it('draws a mark for every ratio', () => {
  const svg = chart(comparison.tables[0], comparison.columns);
  expect(svg).toMatch(/^<svg/);
  expect(svg).toContain('matrix product 64³');
  for (const name of ['fast', 'slow', 'wrong']) expect(svg).toContain(`>${name}<`);
  expect(svg).not.toContain('>unable<');
});

/** A peer that doubles a number, one that cannot, one that is wrong: no clock, so that times are exact. */
const peer = (name: string, factor: number, ms: number, calls: string[]): Peer => ({
  name,
  version: '',
  manner: '',
  async prepare({ operands }) {
    if (Number.isNaN(factor)) throw new Error('no such kernel');
    return {
      results: async () => [operands.x.values.map((value) => factor * value)],
      time: async (count) => {
        calls.push(name);
        return ms * count;
      },
      dispose: () => {},
    };
  },
});

it('times the peers that agree, in turns', async () => {
  const calls: string[] = [];
  const peers = [
    peer('ours', 2, 1, calls),
    peer('theirs', 2, 4, calls),
    peer('wrong', 3, 1, calls),
    peer('unable', Number.NaN, 1, calls),
  ];
  const x = { shape: [2], values: Float32Array.of(1, 2) };
  const problem = { op: 'relu' as const, sizes: { backward: false }, operands: { x } };
  const effort = { rounds: 4, time: 40, patience: 1000, threads: 1 };
  const cells = await measureCase({ kernel: 'double', shape: '2', problem, tolerance: 1e-6 }, peers, effort);
  expect(cells.ours).toEqual({ time: { median: 1, spread: 0 }, ratio: { median: 1, spread: 0 }, calls: 40 });
  expect(cells.theirs).toMatchObject({ time: { median: 4 }, ratio: { median: 4 } });
  expect(cells.wrong).toEqual({ refused: 'differs: result 0[1]: 6, ours 4' });
  expect(cells.unable).toEqual({ refused: 'no such kernel' });
  expect(calls.slice(-8).join(' ')).toBe('ours theirs theirs ours ours theirs theirs ours');
  expect(calls).not.toContain('wrong');
});

it('fails where ours does', async () => {
  const problem = { op: 'relu' as const, sizes: { backward: false }, operands: {} };
  const effort = { rounds: 1, time: 1, patience: 1, threads: 1 };
  const broken = [peer('ours', Number.NaN, 1, [])];
  await expect(measureCase({ kernel: '', shape: '', problem, tolerance: 0 }, broken, effort)).rejects.toThrow(
    'no such',
  );
});

it('carries lines and bytes through a pipe', async () => {
  const pipe = new PassThrough();
  const messages = new Messages(pipe, pipe);
  messages.write({ lengths: [2] }, [new Uint8Array(Float32Array.of(1.5, -2).buffer)]);
  messages.write({ ms: 3 });
  expect(await messages.readLine()).toEqual({ lengths: [2] });
  expect(new Float32Array(await messages.readBytes(8))).toEqual(Float32Array.of(1.5, -2));
  expect(await messages.readLine()).toEqual({ ms: 3 });
  pipe.end();
  expect(await messages.readLine()).toBeUndefined();
});

/** A peer whose results are one 7, and that never answers for `gelu`. */
const script = `
  const say = (line) => console.log(JSON.stringify(line));
  say({ name: 'fake', version: '1', manner: 'not at all' });
  let op;
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const request = JSON.parse(line);
    if (request.ask === 'prepare') {
      op = request.op;
      say(op === 'softmax' ? { refused: 'no softmax' } : {});
    } else if (request.ask === 'time') say({ ms: 5 * request.calls });
    else if (op !== 'gelu') {
      say({ lengths: [1] });
      process.stdout.write(Buffer.from(Float32Array.of(7).buffer));
    }
  });
`;

it('asks a process, and ends one that takes too long', async () => {
  const fake = await startPeer({ patience: 1000, threads: 1 }, process.execPath, '-e', script);
  expect(fake).toMatchObject({ name: 'fake', version: '1' });
  const problem = (op: 'relu' | 'gelu' | 'softmax') => ({ op, sizes: { backward: false }, operands: {} });
  const call = await fake.prepare(problem('relu'));
  expect(await call.results()).toEqual([Float32Array.of(7)]);
  expect(await call.time(3)).toBe(15);
  await expect(fake.prepare(problem('softmax'))).rejects.toThrow('no softmax');
  const endless = await fake.prepare(problem('gelu'));
  await expect(endless.results()).rejects.toThrow('over 1 s');
  const again = await fake.prepare(problem('relu'));
  expect(await again.results()).toEqual([Float32Array.of(7)]);
  fake.close?.();
});

it('has cases of different names', () => {
  for (const { plans } of groups) {
    expect(new Set(plans.map(({ kernel, shape }) => `${kernel} ${shape}`)).size).toBe(plans.length);
  }
});
