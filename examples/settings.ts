import { existsSync, statSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from './input-error.ts';

export type OptimizerName = 'adam' | 'adamw' | 'sgd' | 'rmsprop';

/** SGD runs with a momentum of 0.9. */
export const defaultLr: Record<OptimizerName, number> = { adam: 1e-3, adamw: 1e-3, sgd: 2e-2, rmsprop: 1e-3 };

export interface Settings {
  /** A folder of IDX files; without it the digits of the npm package. */
  data?: string;
  epochs: number;
  batchSize: number;
  optimizer: OptimizerName;
  lr: number;
  seed: number;
  /** One JSON object per epoch and a last one on standard output, and nothing else there. */
  json: boolean;
  /** The folder to write to. */
  out: string;
}

/** Throws CommanderError (its line is printed already; also for --help) or InputError. */
export function parseSettings(args: readonly string[]): Settings {
  const command = new Command('npm start --')
    .description('Trains LeNet-5 on handwritten digits and writes its weights and an HTML report.')
    .option('--data <folder>', 'IDX files to train on instead: train-images-idx3-ubyte[.gz] and friends')
    .option('--epochs <n>', 'passes over the training set', wholeNumber(1), 8)
    .option('--batch-size <n>', 'images per step', wholeNumber(1), 64)
    .addOption(new Option('--optimizer <name>', 'update rule').choices(Object.keys(defaultLr)).default('adam'))
    .option('--lr <x>', `learning rate (default: ${defaultLr.adam}; sgd: ${defaultLr.sgd})`, positiveNumber)
    .option('--seed <n>', 'seed of the weights and of the order of the images', wholeNumber(0), 7)
    .option('--json', 'one JSON object per epoch and a last one on standard output', false)
    .option('--out <folder>', 'where to write lenet.safetensors and report.html', 'out')
    .exitOverride()
    .parse(args, { from: 'user' });

  const options = command.opts<Omit<Settings, 'lr'> & { lr?: number }>();
  if (options.data !== undefined && !isFolder(options.data))
    throw new InputError(`--data: ${options.data} is not a folder`);
  if (existsSync(options.out) && !isFolder(options.out)) throw new InputError(`--out: ${options.out} is not a folder`);
  return { ...options, lr: options.lr ?? defaultLr[options.optimizer] };
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    // Seeds, counts and tensor sizes are all held in 32 bits.
    if (/^\d+$/.test(text) && value >= least && value < 2 ** 31) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${2 ** 31 - 1}.`);
  };
}

function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
