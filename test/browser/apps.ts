import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { build, createServer } from 'vite';
import type { FileReport } from './answer.ts';
import { type Files, isolation, serve } from './server.ts';
import type { OnReport } from './setting.ts';

const page = (head = '') =>
  `<!doctype html><meta charset="utf-8"><title>simdgrad</title>${head}
<script type="module" src="/main.js"></script><output></output>`;
const importMap =
  '<script type="importmap">{ "imports": { "simdgrad": "/node_modules/simdgrad/dist/index.js" } }</script>';

type Headers = Record<string, string>;

/** Ways to a page with the app of app/main.js, given its folder; each starts a server, and says where and how to end it. */
const ways = {
  async 'a module script'(folder: string, headers: Headers) {
    const server = await serve(
      ({ pathname }) => (pathname === '/' ? page(importMap) : readFile(join(folder, pathname))),
      headers,
    );
    return { url: server.origin, close: async () => server.close() };
  },

  async "Vite's build"(folder: string, headers: Headers) {
    const built = await build({ root: folder, configFile: false, logLevel: 'error', build: { write: false } });
    const { output } = built as Exclude<typeof built, readonly unknown[] | { on: unknown }>;
    const files: Files = new Map(
      output.map((part) => [`/${part.fileName}`, part.type === 'chunk' ? part.code : part.source]),
    );
    files.set('/worker.js', readFileSync(join(folder, 'node_modules/simdgrad/dist/worker.js')));
    const server = await serve(({ pathname }) => files.get(pathname === '/' ? '/index.html' : pathname), headers);
    return { url: server.origin, close: async () => server.close() };
  },

  async "Vite's development server"(folder: string, headers: Headers) {
    const server = await createServer({ root: folder, configFile: false, logLevel: 'error', server: { headers } });
    await server.listen();
    return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() };
  },
};

interface App {
  what: string;
  way: keyof typeof ways;
  headers: Headers;
  /** What init() is asked for, as app/main.js reads it. */
  query?: string;
  /** How many threads it has to come to, where that does not depend on the machine, and a part of why there are no more. */
  threads?: number;
  because?: string;
}

interface Outcome {
  before: number;
  after: number;
  simd: string;
  threads: number;
  threadsReason: string;
  warnings: string[];
}

/** Scripts and workers from files of the page's own server, and wasm; nothing inline, from `blob:` or `data:`, nothing fetched. */
const strict = {
  ...isolation,
  'Content-Security-Policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
};

const apps = (isolated: boolean): App[] => {
  const headers = isolated ? isolation : {};
  const plain = Object.keys(ways).map((way) => ({ what: `by ${way}`, way: way as keyof typeof ways, headers }));
  if (!isolated) return plain;
  const underPolicy = { way: "Vite's build", headers: strict } as const;
  return [
    ...plain,
    { ...underPolicy, what: 'under a strict policy', query: '?threads=2&worker=/worker.js', threads: 2 },
    {
      ...underPolicy,
      what: 'under a strict policy, told of no worker',
      query: '?threads=2',
      threads: 1,
      because: 'give init() that of simdgrad/worker.js',
    },
  ];
};

/**
 * Has a small app train in a page, with the built package as it would be installed, without configuration and, but for a strict
 * policy, with no file hosted for it.
 */
export async function runApps(root: string, browser: Browser, isolated: boolean, onApp: OnReport): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'simdgrad-'));
  try {
    for (const path of ['package.json', 'dist']) {
      cpSync(join(root, path), join(folder, 'node_modules/simdgrad', path), { recursive: true });
    }
    cpSync(join(root, 'test/browser/app/main.js'), join(folder, 'main.js'));
    writeFileSync(join(folder, 'index.html'), page());
    for (const app of apps(isolated)) {
      const begin = performance.now();
      const report: FileReport = { passed: 0, skipped: 0, failures: [], milliseconds: 0 };
      let what = `an app ${app.what}`;
      const server = await ways[app.way](folder, app.headers);
      try {
        const outcome = await outcomeAt(server.url + (app.query ?? ''), browser);
        const { simd, threads } = outcome;
        what += ` (${simd} build, ${threads} thread${threads > 1 ? 's' : ''} of ${app.query ? 2 : "'auto'"})`;
        const complaints = complaintsAbout(outcome, app);
        if (complaints.length === 0) report.passed = 1;
        report.failures.push(...complaints.map((message) => ({ name: app.what, message })));
      } catch (error) {
        report.failures.push({ name: app.what, message: String(error) });
      } finally {
        await server.close();
      }
      onApp(what, { ...report, milliseconds: performance.now() - begin });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The loss has to fall; and if there are fewer threads than were asked for, `threadsReason` and one warning have to say why. */
function complaintsAbout(outcome: Outcome, { threads: expected, because }: App): string[] {
  const { before, after, threads, threadsReason, warnings } = outcome;
  const complaints: string[] = [];
  if (!(after < before)) complaints.push(`the loss went from ${before} to ${after}`);
  if (expected === undefined) return complaints;
  if (threads !== expected) complaints.push(`${threads} threads, not ${expected}`);
  const isExplained = because ? threadsReason.includes(because) : threadsReason === '';
  if (!isExplained) complaints.push(`threadsReason is '${threadsReason}'`);
  const isWarned = because ? warnings.length === 1 && warnings[0].includes(because) : warnings.length === 0;
  if (!isWarned) complaints.push(`warnings: ${JSON.stringify(warnings)}`);
  return complaints;
}

/** What the app of a page says in its `output`, and what simdgrad warned of. */
async function outcomeAt(url: string, browser: Browser): Promise<Outcome> {
  const page = await browser.newPage();
  const warnings: string[] = [];
  const thrown = firstError(page);
  page.on('console', (message) => {
    if (message.type() === 'warning' && message.text().startsWith('simdgrad: ')) warnings.push(message.text());
  });
  try {
    await page.goto(url);
    const said = page.locator('output:not(:empty)').textContent({ timeout: 30_000 });
    return { ...JSON.parse(String(await Promise.race([said, thrown]))), warnings };
  } finally {
    await page.close();
  }
}

/** Rejects when the page throws. Firefox calls it an error of the page, too, that a policy refused something. */
function firstError(page: Page): Promise<never> {
  const thrown = new Promise<never>((_, reject) => {
    page.on('pageerror', (error) => error.name !== 'Content-Security-Policy' && reject(error));
  });
  thrown.catch(() => {}); // it may come before anybody waits for it
  return thrown;
}

const readFile = (path: string) =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path) : undefined;
