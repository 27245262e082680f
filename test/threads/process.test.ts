import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** What a script prints, in a process of its own. */
async function run(name: string, ...args: string[]): Promise<string> {
  const script = fileURLToPath(new URL(`scripts/${name}.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--import', 'tsx', script, ...args]);
  return stdout;
}

it('sleeps when there is nothing to do, and keeps no process alive', async () => {
  const share = Number(await run('idle'));
  console.log(`idle: ${(100 * share).toFixed(2)} % of a core`);
  expect(share).toBeLessThan(0.02); // Node's own timers and collector
});

it('ends in the middle of kernels when the process does', async () => {
  await expect(run('exit')).rejects.toMatchObject({ code: 7 });
});

it('has threads in a worker, too', async () => {
  expect(JSON.parse(await run('in-worker'))).toEqual({ threads: 3, sum: 200 ** 3 });
});

it('leaves no thread and no memory behind when a core is disposed', async () => {
  const [first, ...later] = JSON.parse(await run('many', '1000')) as { threads: number; rss: number }[];
  const last = later[later.length - 1];
  console.log(
    `threads ${first.threads} → ${last.threads}, ${(first.rss / 1e6).toFixed(0)} → ${(last.rss / 1e6).toFixed(0)} MB`,
  );
  expect(last.threads).toBeLessThanOrEqual(first.threads + 2);
  expect(last.rss).toBeLessThan(first.rss + 100e6);
}, 240_000);
