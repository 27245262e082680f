import { startTests, type Task, type VitestRunner } from '@vitest/runner';
import { getTasks, getTestName, isTestCase } from '@vitest/runner/utils';

/** What the driver asks of a page or a worker: to run a file of tests, or without one what its cores are. */
export interface Question {
  threads: string;
  /** A test file's path from the project's folder. */
  file?: string;
}

export interface Failure {
  name: string;
  message: string;
}

export interface FileReport {
  passed: number;
  skipped: number;
  failures: Failure[];
  milliseconds: number;
}

export interface CoreReport {
  crossOriginIsolated: boolean;
  builds: string[];
  threads: number;
  threadsReason: string;
}

/** Answers in the realm that it is called in. A realm answers once, so that no test sees what another file left behind. */
export async function answer({ threads, file }: Question): Promise<FileReport | CoreReport> {
  Object.assign(globalThis, { SIMDGRAD_THREADS: threads });
  return file ? runFile(file) : describeCores();
}

async function describeCores(): Promise<CoreReport> {
  const { cores } = await import('../support/builds.ts');
  const [{ threads, threadsReason }] = cores;
  return { crossOriginIsolated, builds: cores.map(({ simd }) => simd), threads, threadsReason };
}

async function runFile(file: string): Promise<FileReport> {
  const failures: Failure[] = [];
  const outside = (reason: unknown) => failures.push({ name: 'outside of tests', message: textOf(reason) });
  addEventListener('error', ({ error, message }) => outside(error ?? message));
  addEventListener('unhandledrejection', ({ reason }) => outside(reason));

  const start = performance.now();
  const [root] = await startTests([file], runner);
  const tasks = getTasks(root);
  failures.push(...tasks.filter(({ result }) => result?.errors?.length).map(failureOf));
  const tests = tasks.filter(isTestCase);
  const passed = tests.filter(({ result }) => result?.state === 'pass').length;
  const failed = tests.filter(({ result }) => result?.state === 'fail').length;
  return { passed, skipped: tests.length - passed - failed, failures, milliseconds: performance.now() - start };
}

const runner: VitestRunner = {
  importFile: (file) => import(/* @vite-ignore */ `/${file.replace(/\.ts$/, '.js')}`),
  config: {
    root: '/',
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
};

const failureOf = (task: Task): Failure => ({
  name: getTestName(task) || task.name,
  message: task.result?.errors?.map(textOf).join('\n') ?? '',
});

/** An error with the difference that it found and where it was thrown; some stacks start with the message, others do not. */
function textOf(reason: unknown): string {
  if (typeof reason !== 'object' || reason === null) return String(reason);
  const { name = 'Error', message = '', diff = '', stack = '' } = reason as Partial<Error & { diff: string }>;
  const heading = `${name}: ${message}`;
  return [heading, diff, stack.replace(heading, '').trim()].filter(Boolean).join('\n');
}
