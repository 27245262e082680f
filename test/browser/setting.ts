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
  // Firefox 153 may hang, with nothing of simdgrad in the page as well, where a worker makes workers after some of its have
  // ended. A file that got no answer is asked for again.
  const mayHang = inWorker && threads !== '1' && browser.browserType().name() === 'firefox';
  const [limit, attempts] = mayHang ? [90_000, 4] : [5 * 60_000, 1];
  const ask = async <Report>(page: Page, question: Question): Promise<Report> => {
    await page.goto(server.origin);
    const call = `ask(${JSON.stringify(question)}, ${inWorker})`;
    return inTime(page.evaluate<Report>(`import('/test/browser/ask.js').then(({ ask }) => ${call})`), limit);
  };

  try {
    const first = await browser.newPage();
    onCore(await ask<CoreReport>(first, { threads }));
    await first.close();
    const left = files.values();
    const runNext = async () => {
      let page = await browser.newPage();
      const run = async (file: string, attempt = 1): Promise<void> => {
        const what = attempt === 1 ? file : `${file} (page ${attempt}, no answer before)`;
        try {
          return onFile(what, await ask<FileReport>(page, { threads, file }));
        } catch (error) {
          await page.close();
          page = await browser.newPage();
          if (error instanceof NoAnswer && attempt < attempts) return run(file, attempt + 1);
          onFile(what, broken(error));
        }
      };
      for (const file of left) await run(file);
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

class NoAnswer extends Error {}

/** The answer, if it comes within so many milliseconds; no file takes nearly as long. */
function inTime<T>(answer: Promise<T>, limit: number): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(`no answer in ${limit / 1000} s`)), limit);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
