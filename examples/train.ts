// The main job: trains a network on handwritten digits, and writes its weights and a report.
// Exit codes: 0 done; 2 bad options or data; 130 stopped by Ctrl-C, with everything learned so far written.
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { init, saveSafetensors } from 'simdgrad';
import { readIdxFolder } from './digits/idx.ts';
import { readMnistPackage } from './digits/mnist-package.ts';
import { InputError } from './input-error.ts';
import { Interrupt } from './interrupt.ts';
import { Output } from './output.ts';
import { parseSettings } from './settings.ts';
import { train } from './training.ts';

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2; // 0: --help; commander has printed its line
  } else if (error instanceof InputError) {
    console.error(`error: ${error.message}`);
    process.exitCode = 2;
  } else {
    throw error;
  }
}

async function main(args: string[]): Promise<number> {
  const settings = parseSettings(args);
  const digits = settings.data === undefined ? readMnistPackage() : readIdxFolder(settings.data);
  makeFolder(settings.out);
  const output = new Output(settings);
  const interrupt = new Interrupt(() => output.notice('Stopping after this step; Ctrl-C again to stop at once.'));

  const { model, run } = await train(settings, digits, await init({ threads: settings.threads }), output, interrupt);

  // Loaded late: ECharts takes a second or two, which a mistyped option or the first epoch should not wait for.
  const { renderReport } = await import('./report/report.ts');
  const weights = join(settings.out, `${settings.model}.safetensors`);
  const report = join(settings.out, 'report.html');
  writeFileSync(weights, saveSafetensors(model.stateDict()));
  writeFileSync(report, renderReport(run));
  output.end(run, { weights, report });
  return run.interrupted ? 130 : 0;
}

/** Before the training, so that no hour of it ends in an error. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new InputError(`--out: ${(error as Error).message}`);
  }
}
