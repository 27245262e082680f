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

it.each(['plain', 'relaxed'])('the %s build is at most 60 KB, compressed', (variant) => {
  const bytes = zipped(readFileSync(`${root}build/${variant}.wasm`));
  console.log(`${variant}.wasm: ${(bytes / KB).toFixed(1)} KB`);
  expect(bytes).toBeLessThan(60 * KB);
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

it.each([
  ["README's training step", 'test/size/page.ts', 90],
  ['all of simdgrad', library, 95],
])('a page that uses %s loads little, compressed', async (what, input, limit) => {
  const chunks = await bundle(input);
  const isVariant = ({ name }: { name: string }) => name === 'plain' || name === 'relaxed';
  const variants = chunks.filter(isVariant);
  expect(variants).toHaveLength(2);
  const others = chunks.filter((chunk) => !isVariant(chunk));
  const code = others.reduce((sum, chunk) => sum + zipped(chunk.code), 0);
  const module = Math.max(...variants.map((chunk) => zipped(chunk.code)));
  console.log(`a page with ${what}: ${(code / KB).toFixed(1)} KB of code, ${(module / KB).toFixed(1)} KB of wasm`);
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
