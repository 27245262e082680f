import { existsSync, statSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from './input-error.ts';
import { type Model, type ModelName, models, type OptimizerName } from './models.ts';

export interface Settings {
  model: ModelName;
  /** A folder of IDX files; without it the digits of the npm package. */
  data?: string;
  epochs: number;
  batchSize: number;
  optimizer: OptimizerName;
  lr: number;
  seed: number;
  threads: 'auto' | number;
  /** One JSON object per epoch and a last one on standard output, and nothing else there. */
  json: boolean;
  /** The folder to write to. */
  out: string;
}

/** Throws CommanderError (its line is printed already; also for --help) or InputError. */
export function parseSettings(args: readonly string[]): Settings {
  const command = new Command('npm start --')
    .description('Trains a network on handwritten digits and writes its weights and an HTML report.')
    .addOption(new Option('--model <name>', 'network').choices(Object.keys(models)).default('lenet'))
    .option('--data <folder>', 'IDX files to train on instead: train-images-idx3-ubyte[.gz] and friends')
    .option('--epochs <n>', `passes over the training set ${byModel(({ epochs }) => epochs)}`, wholeNumber(1))
    .option('--batch-size <n>', 'images per step', wholeNumber(1), 64)
    .addOption(new Option('--optimizer <name>', 'update rule').choices(Object.keys(models.lenet.lr)).default('adam'))
    .option('--lr <x>', `learning rate ${byModel(ratesOf)}`, positiveNumber)
    .option('--seed <n>', 'seed of the weights and of the order of the images', wholeNumber(0), 7)
    .option('--threads <n>', "threads, or 'auto' for as many as there are; results are the same", threadCount, 1)
    .option('--json', 'one JSON object per epoch and a last one on standard output', false)
    .option('--out <folder>', 'where to write the weights and report.html', 'out')
    .exitOverride()
    .parse(args, { from: 'user' });

  const options = command.opts<Omit<Settings, 'epochs' | 'lr'> & { epochs?: number; lr?: number }>();
  if (options.data !== undefined && !isFolder(options.data))
    throw new InputError(`--data: ${options.data} is not a folder`);
  if (existsSync(options.out) && !isFolder(options.out)) throw new InputError(`--out: ${options.out} is not a folder`);
  const model = models[options.model];
  return { ...options, epochs: options.epochs ?? model.epochs, lr: options.lr ?? model.lr[options.optimizer] };
}

function ratesOf({ lr }: Model): string {
  const rates = Object.entries(lr).map(([optimizer, rate]) => `${optimizer} ${rate}`);
  return rates.join(', ');
}

/** What each model has as its default, for the help text. */
function byModel(value: (model: Model) => string | number): string {
  const defaults = Object.entries(models).map(([name, model]) => `${name}: ${value(model)}`);
  return `(default: ${defaults.join('; ')})`;
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    // Seeds, counts and tensor sizes are all held in 32 bits.
    if (/^\d+$/.test(text) && value >= least && value < 2 ** 31) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${2 ** 31 - 1}.`);
  };
}

const threadCount = (text: string) => (text === 'auto' ? text : wholeNumber(1)(text));

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
