import { readdirSync } from 'node:fs';
import { build, type Rollup } from 'vite';
import type { Files } from './server.ts';

/** Tests that are Node's own, and why; all others run in browsers. */
const nodeOnly: Record<string, string> = {
  'test/bench/': 'of the benchmarks, programs for Node',
  'test/examples/': 'of the examples, programs for Node',
  'test/size.test.ts': 'compresses files of the package and times processes',
  'test/steps.test.ts': "reads the size of V8's heap",
  'test/graph/steady.test.ts': "reads the size of V8's heap",
  'test/threads/faults.test.ts': 'makes and kills workers of Node',
  'test/threads/process.test.ts': 'starts processes',
  'test/threads/stress.test.ts': 'keeps the cores busy by workers of Node',
};

/** The test files that run in browsers, of those whose path contains one of `filters`. */
export function testFiles(root: string, filters: readonly string[]): string[] {
  return readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' })
    .map((path) => `test/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts') && !Object.keys(nodeOnly).some((prefix) => path.startsWith(prefix)))
    .filter((path) => filters.length === 0 || filters.some((text) => path.includes(text)))
    .sort();
}

/** The tests with all that they import, each file a module of its own, for a page and for its workers. */
export async function bundle(root: string, tests: readonly string[]): Promise<Files> {
  const entries = ['test/browser/ask.ts', 'test/browser/worker.ts', ...tests];
  const built = await build({
    configFile: false,
    root,
    publicDir: false,
    logLevel: 'error',
    resolve: {
      alias: [
        { find: /^vitest$/, replacement: `${root}/test/browser/vitest.ts` },
        { find: /^.*\/support\/files\.ts$/, replacement: `${root}/test/browser/files.ts` },
      ],
    },
    build: {
      write: false,
      minify: false,
      target: 'esnext',
      // As a library: for pages Vite wraps every import(…) in code that a worker cannot run.
      lib: {
        entry: Object.fromEntries(entries.map((path) => [path.replace(/\.ts$/, ''), `${root}/${path}`])),
        formats: ['es'],
        fileName: (_, name) => `${name}.js`,
      },
      rollupOptions: { output: { chunkFileNames: 'chunks/[name]-[hash].js' } },
    },
  });
  const outputs = (Array.isArray(built) ? built : [built]) as { output: (Rollup.OutputChunk | Rollup.OutputAsset)[] }[];
  const parts = outputs.flatMap(({ output }) => output);
  return new Map(parts.map((part) => [`/${part.fileName}`, part.type === 'chunk' ? part.code : part.source]));
}
