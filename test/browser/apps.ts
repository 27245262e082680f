import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { build, createServer } from 'vite';
import type { FileReport } from './answer.ts';
import { type Files, isolation, serve } from './server.ts';
import type { OnReport } from './setting.ts';

const page = (head = '') =>
  `<!doctype html><meta charset="utf-8"><title>simdgrad</title>${head}
<script type="module" src="/main.js"></script><output></output>`;
const importMap =
  '<script type="importmap">{ "imports": { "simdgrad": "/node_modules/simdgrad/dist/index.js" } }</script>';

/** Ways to a page with the app of app/main.js, given its folder; each starts a server, and says where and how to end it. */
const ways = {
  async 'a module script'(folder: string, isolated: boolean) {
    const server = await serve(
      ({ pathname }) => (pathname === '/' ? page(importMap) : readFile(join(folder, pathname))),
      isolated,
    );
    return { url: server.origin, close: async () => server.close() };
  },

  async "Vite's build"(folder: string, isolated: boolean) {
    const built = await build({ root: folder, configFile: false, logLevel: 'error', build: { write: false } });
    const { output } = built as Exclude<typeof built, readonly unknown[] | { on: unknown }>;
    const files: Files = new Map(
      output.map((part) => [`/${part.fileName}`, part.type === 'chunk' ? part.code : part.source]),
    );
    const server = await serve(({ pathname }) => files.get(pathname === '/' ? '/index.html' : pathname), isolated);
    return { url: server.origin, close: async () => server.close() };
  },

  async "Vite's development server"(folder: string, isolated: boolean) {
    const headers = isolated ? isolation : {};
    const server = await createServer({ root: folder, configFile: false, logLevel: 'error', server: { headers } });
    await server.listen();
    return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() };
  },
};

interface Outcome {
  before: number;
  after: number;
  simd: string;
  threads: number;
}

/**
 * Has a small app train in a page, with the built package as it would be installed, without configuration and with no file
 * hosted for it.
 */
export async function runApps(root: string, browser: Browser, isolated: boolean, onApp: OnReport): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'simdgrad-'));
  try {
    for (const path of ['package.json', 'dist']) {
      cpSync(join(root, path), join(folder, 'node_modules/simdgrad', path), { recursive: true });
    }
    cpSync(join(root, 'test/browser/app/main.js'), join(folder, 'main.js'));
    writeFileSync(join(folder, 'index.html'), page());
    for (const [way, start] of Object.entries(ways)) {
      const begin = performance.now();
      const report: FileReport = { passed: 0, skipped: 0, failures: [], milliseconds: 0 };
      let what = `an app by ${way}`;
      const server = await start(folder, isolated);
      try {
        const { before, after, simd, threads } = await outcomeAt(server.url, browser);
        what += ` (${simd} build, ${threads} thread${threads > 1 ? 's' : ''} of 'auto')`;
        if (after < before) report.passed = 1;
        else report.failures.push({ name: way, message: `the loss went from ${before} to ${after}` });
      } catch (error) {
        report.failures.push({ name: way, message: String(error) });
      } finally {
        await server.close();
      }
      onApp(what, { ...report, milliseconds: performance.now() - begin });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the app of a page says in its `output`. */
async function outcomeAt(url: string, browser: Browser): Promise<Outcome> {
  const page = await browser.newPage();
  try {
    const thrown = new Promise<never>((_, reject) => page.on('pageerror', reject));
    await page.goto(url);
    const said = page.waitForFunction("document.querySelector('output')?.textContent", undefined, { timeout: 30_000 });
    return JSON.parse(String(await (await Promise.race([said, thrown])).jsonValue()));
  } finally {
    await page.close();
  }
}

const readFile = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined;
