import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CoreReport, FileReport } from './answer.ts';
import { runApps } from './apps.ts';
import { type BrowserName, browserNames, launch } from './browsers.ts';
import { suiteReader } from './server.ts';
import { runSetting, type SettingName, settings } from './setting.ts';
import { bundle, testFiles } from './suite.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const settingNames = Object.keys(settings) as SettingName[];

const program = new Command('test:browser')
  .description('Runs the tests in a browser. Exit code 1 when one fails or none ran.')
  .argument('[TEXT...]', 'only the test files whose path contains one of these')
  .addOption(new Option('--browser <name>', 'which browser').choices(browserNames).default('chromium'))
  .addOption(new Option('--setting <name...>', 'where the tests run').choices(settingNames).default(settingNames))
  .option('--threads <n>', "threads of the tests' cores, or 'auto'", threadCount, '1')
  .parse();
const options = program.opts<{ browser: BrowserName; setting: SettingName[]; threads: string }>();

const total = { passed: 0, failed: 0, skipped: 0 };
const files = testFiles(root, program.args);
const read = suiteReader(root, await bundle(root, files));
const browser = await launch(options.browser);
try {
  for (const setting of options.setting) {
    const start = performance.now();
    const onCore = (report: CoreReport) => printCore(setting, report);
    await runSetting(setting, { browser, read, threads: options.threads, files, onCore, onFile: printReport });
    if (!settings[setting].inWorker && program.args.length === 0) {
      await runApps(root, browser, settings[setting].isolated, printReport);
    }
    console.log(`${setting}: ${seconds(performance.now() - start)}`);
  }
} finally {
  await browser.close();
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed || !total.passed ? 1 : 0;

function printCore(setting: SettingName, report: CoreReport): void {
  const { crossOriginIsolated, builds, threads, threadsReason } = report;
  console.log(`\n== ${options.browser} ${browser.version()}, ${setting}: crossOriginIsolated ${crossOriginIsolated}`);
  console.log(`builds ${builds.join(' and ')}, ${threads} of ${options.threads} threads ${threadsReason}`);
  if (crossOriginIsolated !== settings[setting].isolated) {
    total.failed++;
    console.log(`crossOriginIsolated should be ${settings[setting].isolated}`);
  }
}

function printReport(what: string, { passed, skipped, failures, milliseconds }: FileReport): void {
  total.passed += passed;
  total.skipped += skipped;
  total.failed += failures.length;
  const mark = failures.length ? styleText('red', '✗') : styleText('green', '✓');
  const counts = [`${passed} passed`, failures.length && `${failures.length} failed`, skipped && `${skipped} skipped`];
  console.log(`${mark} ${what}  ${counts.filter(Boolean).join(', ')}  ${seconds(milliseconds)}`);
  for (const { name, message } of failures)
    console.log(`\n  ${styleText('red', name)}\n  ${message.replaceAll('\n', '\n  ')}\n`);
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function threadCount(text: string): string {
  if (text !== 'auto' && !/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("expected a whole number or 'auto'");
  return text;
}
