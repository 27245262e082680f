import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, it } from 'vitest';

const KB = 1024;
const root = fileURLToPath(new URL('../', import.meta.url));
const zipped = (bytes: string | Uint8Array) => gzipSync(bytes, { level: 9 }).length;

it.each([
  ['plain', 60],
  ['relaxed', 60],
  ['plain-threads', 60],
  ['relaxed-threads', 60],
])('the %s build is at most %i KB, compressed', (variant, limit) => {
  const bytes = zipped(readFileSync(`${root}build/${variant}.wasm`));
  console.log(`${variant}.wasm: ${(bytes / KB).toFixed(1)} KB`);
  expect(bytes).toBeLessThan(limit * KB);
});

/** What a bundler makes of a page: a chunk of code, and one with each build. */
async function bundle(input: string) {
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: {
      write: false,
      modulePreload: { polyfill: false },
      target: 'esnext',
      rollupOptions: { input, preserveEntrySignatures: 'strict' },
    },
  });
  const { output } = built as Exclude<typeof built, readonly unknown[] | { on: unknown }>;
  return output.flatMap((chunk) => (chunk.type === 'chunk' ? [chunk] : []));
}
const library = 'src/index.ts';
const chunks = await bundle(library);

const builds = ['plain', 'relaxed', 'plain-threads', 'relaxed-threads'];

it.each([
  ["README's training step", 'one thread', 'test/size/page.ts', 90],
  ["README's training step", 'threads', 'test/size/page.ts', 90],
  ['all of simdgrad', 'one thread', library, 95],
  ['all of simdgrad', 'threads', library, 105],
])('a page that uses %s on %s loads little, compressed', async (what, threads, input, limit) => {
  const chunks = await bundle(input);
  const variants = chunks.filter(({ name }) => builds.includes(name));
  expect(variants.map(({ name }) => name).sort()).toEqual([...builds].sort());
  const withThreads = threads === 'threads';
  const others = chunks.filter(({ name }) => !builds.includes(name) && (withThreads || name !== 'threads'));
  const code = others.reduce((sum, chunk) => sum + zipped(chunk.code), 0);
  const loaded = variants.filter(({ name }) => name.endsWith('threads') === withThreads);
  const module = Math.max(...loaded.map((chunk) => zipped(chunk.code)));
  const parts = `${(code / KB).toFixed(1)} KB of code, ${(module / KB).toFixed(1)} KB of wasm`;
  console.log(`a page with ${what} on ${threads}: ${parts}, ${((code + module) / KB).toFixed(1)} KB`);
  expect(code + module).toBeLessThan(limit * KB);
});

// The bar is 15 ms. Processor time, since it does not count what other programs take, and of several processes one has to make it; on a
// machine that two programs share a core of, it is still up to twice that.
it('init() takes little time', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simdgrad-'));
  const entry = chunks.find((chunk) => chunk.isEntry)?.fileName as string;
  for (const { fileName, code } of chunks) {
    mkdirSync(dirname(join(folder, fileName)), { recursive: true });
    writeFileSync(join(folder, fileName), code);
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const script = `
    const { init } = await import('./${entry}');
    const before = process.cpuUsage();
    await init();
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`;
  const limit = 30;
  const times: number[] = [];
  for (let run = 0; run < 40 && !(Math.min(...times) < limit); run++) {
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    times.push(Number(stdout));
  }
  rmSync(folder, { recursive: true });
  console.log(`init(): ${Math.min(...times).toFixed(1)} ms of processor time`);
  expect(Math.min(...times)).toBeLessThan(limit);
});
