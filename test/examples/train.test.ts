// The example as its user runs it: another process, the built package, a small data set of its own.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeIdxFolder } from './idx-files.ts';

const root = join(import.meta.dirname, '../..');
let folder: string;
let data: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'simdgrad-train-'));
  data = join(folder, 'data');
  // 200 is no multiple of 64, nor 30 of 250: the last batches are short ones.
  writeIdxFolder(data, { train: digits(200), t10k: digits(30) });
});
afterAll(() => rmSync(folder, { recursive: true }));

const digits = (count: number) => Array.from({ length: count }, (_, n) => n % 10);

interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the example; `interruptAfter` is what it must have written to standard output before Ctrl-C comes. */
function run(args: string[], interruptAfter?: string): Promise<Result> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/train.ts', ...args], { cwd: root });
  const result: Result = { code: null, stdout: '', stderr: '' };
  let interrupted = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    result.stdout += text;
    if (!interrupted && interruptAfter && result.stdout.includes(interruptAfter)) {
      interrupted = true;
      child.kill('SIGINT');
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    result.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code }));
  });
}

function records(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('--json: one object per epoch and a last one, and the files', { timeout: 60_000 }, async () => {
  const out = join(folder, 'json');
  const { code, stdout, stderr } = await run(['--data', data, '--epochs', '30', '--json', '--out', out]);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const lines = records(stdout);
  expect(lines.map(({ type }) => type)).toEqual([...new Array(30).fill('epoch'), 'result']);
  expect(lines[0]).toMatchObject({ epoch: 1, steps: 4 });
  const result = lines[30];
  expect(result).toMatchObject({
    epochs: 30,
    steps: 120,
    interrupted: false,
    model: 'lenet',
    optimizer: 'adam',
    parameters: 61706,
  });
  expect(result.testAccuracy).toBe(1); // bars at ten heights are easy
  expect(result.weights).toBe(join(out, 'lenet.safetensors'));
  const weights = readFileSync(join(out, 'lenet.safetensors'));
  const header = JSON.parse(weights.toString('utf8', 8, 8 + Number(weights.readBigUInt64LE(0))));
  expect(header['0.weight']).toMatchObject({ dtype: 'F32', shape: [6, 1, 5, 5] });
  expect(header['11.bias']).toMatchObject({ dtype: 'F32', shape: [10] });
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('100.00 %');
});

test('--model resnet: one epoch, its memory, its files', { timeout: 120_000 }, async () => {
  const out = join(folder, 'resnet');
  const args = ['--model', 'resnet', '--data', data, '--epochs', '1', '--out', out];
  const [lines, json] = await Promise.all([run(args), run([...args, '--json', '--out', join(folder, 'resnet-json')])]);
  expect([lines.code, lines.stderr]).toEqual([0, '']);
  expect(lines.stdout).toMatch(/^ResNet: 66 090 parameters; /m);
  expect(lines.stdout).toMatch(
    /^Memory of the graph: to train [\d.]+ MB in batches of 64 \(unplanned [\d.]+ MB\), to test [\d.]+ MB in batches of 30 \(unplanned [\d.]+ MB\)$/m,
  );
  const weights = readFileSync(join(out, 'resnet.safetensors'));
  const header = JSON.parse(weights.toString('utf8', 8, 8 + Number(weights.readBigUInt64LE(0))));
  expect(header['stem.weight']).toMatchObject({ dtype: 'F32', shape: [16, 1, 5, 5] });
  expect(header['stage2.0.shortcut.weight']).toMatchObject({ dtype: 'F32', shape: [32, 16, 1, 1] });
  const report = readFileSync(join(out, 'report.html'), 'utf8');
  expect(report).toMatch(/<title>ResNet: /);
  expect(report).toContain('stage2.2.body.conv2');

  expect([json.code, json.stderr]).toEqual([0, '']);
  const { memory, ...result } = records(json.stdout)[1];
  expect(result).toMatchObject({ model: 'resnet', epochs: 1, steps: 4, parameters: 66090 });
  const { training, evaluation } = memory as Record<string, Record<string, number>>;
  expect([training.batchSize, evaluation.batchSize]).toEqual([64, 30]);
  expect(training.planned).toBeLessThan(training.naive);
  expect(evaluation.planned).toBeLessThan(evaluation.naive);
});

test('a seed gives the same numbers, another seed others', { timeout: 60_000 }, async () => {
  const losses = await Promise.all(
    ['3', '3', '4'].map(async (seed, n) => {
      const args = ['--data', data, '--epochs', '1', '--json', '--seed', seed, '--out', join(folder, `seed${n}`)];
      return records((await run(args)).stdout)[0].trainLoss;
    }),
  );
  expect(losses[0]).toBeTypeOf('number');
  expect(losses[1]).toBe(losses[0]);
  expect(losses[2]).not.toBe(losses[0]);
});

test.each(['adamw', 'sgd', 'rmsprop'])('--optimizer %s learns', { timeout: 60_000 }, async (optimizer) => {
  const args = ['--data', data, '--epochs', '15', '--batch-size', '16', '--json', '--optimizer', optimizer];
  const { stdout } = await run([...args, '--out', join(folder, optimizer)]);
  const [first, last] = [records(stdout)[0], records(stdout)[14]];
  expect(last.trainLoss).toBeLessThan((first.trainLoss as number) / 2);
});

test('without a terminal there is a line per epoch, and no control characters', { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await run(['--data', data, '--epochs', '2', '--out', join(folder, 'lines')]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.match(/^epoch \d\/2 /gm)).toEqual(['epoch 1/2 ', 'epoch 2/2 ']);
  expect(stdout).not.toMatch(/[\r\x1b]/);
});

test('Ctrl-C stops after the step and keeps what was learned', { timeout: 60_000 }, async () => {
  const out = join(folder, 'interrupted');
  const args = ['--data', data, '--epochs', '100000', '--json', '--out', out];
  const { code, stdout, stderr } = await run(args, '"epoch":3');
  expect(code).toBe(130);
  expect(stderr).toMatch(/^Stopping after this step/);
  expect(records(stdout).at(-1)).toMatchObject({ type: 'result', interrupted: true });
  expect(existsSync(join(out, 'lenet.safetensors'))).toBe(true);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Stopped by Ctrl-C');
});

test.each([
  [['--epochs', '0'], /^error: option '--epochs <n>' argument '0' is invalid\. .*\n$/],
  [['--data', 'examples'], /^error: examples holds neither train-images-idx3-ubyte nor .*\n$/],
  [['--out', 'package.json/deeper'], /^error: --out: .*\n$/],
])('%j is refused in one line, with exit code 2', { timeout: 60_000 }, async (args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect(stderr).toMatch(message);
  expect(stdout).toBe('');
  expect(code).toBe(2);
});
