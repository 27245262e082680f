import { availableParallelism } from 'node:os';
import type { Browser, Page } from 'playwright-core';
import type { CoreReport, FileReport, Question } from './answer.ts';
import { isolation, type Read, serve } from './server.ts';

/** Where tests run: in a page that may share memory, in one that may not, in a worker of one that may. */
export const settings = {
  isolated: { isolated: true, inWorker: false },
  page: { isolated: false, inWorker: false },
  worker: { isolated: true, inWorker: true },
} as const;
export type SettingName = keyof typeof settings;

export type OnReport = (what: string, report: FileReport) => void;

export interface Run {
  browser: Browser;
  read: Read;
  threads: string;
  files: readonly string[];
  onCore(report: CoreReport): void;
  onFile: OnReport;
}

/**
 * Runs test files in one setting, as many at a time as there are processors. A file starts in a page loaded anew, but in the
 * process of the one before: there V8 keeps the wasm modules that it has compiled, and a small file takes a third of the time.
 */
export async function runSetting(setting: SettingName, { browser, read, threads, files, onCore, onFile }: Run) {
  const { isolated, inWorker } = settings[setting];
  const server = await serve(read, isolated ? isolation : {});
  const ask = async <Report>(page: Page, question: Question): Promise<Report> => {
    await page.goto(server.origin);
    const call = `ask(${JSON.stringify(question)}, ${inWorker})`;
    return inTime(page.evaluate<Report>(`import('/test/browser/ask.js').then(({ ask }) => ${call})`));
  };

  try {
    const first = await browser.newPage();
    onCore(await ask<CoreReport>(first, { threads }));
    await first.close();
    const left = files.values();
    const runNext = async () => {
      let page = await browser.newPage();
      for (const file of left) {
        try {
          onFile(file, await ask<FileReport>(page, { threads, file }));
        } catch (error) {
          onFile(file, broken(error));
          await page.close();
          page = await browser.newPage();
        }
      }
      await page.close();
    };
    await Promise.all(Array.from({ length: availableParallelism() }, runNext));
  } finally {
    server.close();
  }
}

/** What is reported of a page that crashed, or did not end. */
const broken = (error: unknown): FileReport => ({
  passed: 0,
  skipped: 0,
  failures: [{ name: 'the page', message: String(error) }],
  milliseconds: 0,
});

/** No file takes nearly as long. */
const limit = 5 * 60_000;

function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${limit / 1000} s`)), limit);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
