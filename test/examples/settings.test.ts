import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { models } from '../../examples/models.ts';
import { parseSettings } from '../../examples/settings.ts';

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

test('defaults', () => {
  expect(parseSettings([])).toEqual({
    model: 'lenet',
    epochs: 8,
    batchSize: 64,
    optimizer: 'adam',
    lr: 1e-3,
    seed: 7,
    threads: 1,
    json: false,
    out: 'out',
  });
});

test('every option does what it says', () => {
  const args =
    '--model resnet --data test --epochs 2 --batch-size 32 --optimizer rmsprop --lr 5e-4 --seed 0 --threads 3 --json --out docs';
  expect(parseSettings(args.split(' '))).toEqual({
    model: 'resnet',
    data: 'test',
    epochs: 2,
    batchSize: 32,
    optimizer: 'rmsprop',
    lr: 5e-4,
    seed: 0,
    threads: 3,
    json: true,
    out: 'docs',
  });
});

test('auto is a number of threads, and 0 is none', () => {
  expect(parseSettings(['--threads', 'auto']).threads).toBe('auto');
  expect(() => parseSettings(['--threads', '0'])).toThrow('Expected a whole number from 1');
});

test('epochs and learning rate follow the model', () => {
  const { epochs, lr } = models.resnet;
  expect(parseSettings(['--model', 'resnet'])).toMatchObject({ model: 'resnet', epochs, lr: lr.adam });
  expect(parseSettings(['--model', 'resnet', '--optimizer', 'sgd']).lr).toBe(lr.sgd);
  expect(parseSettings(['--model', 'resnet', '--epochs', '1', '--lr', '1'])).toMatchObject({ epochs: 1, lr: 1 });
});

test('--help says what the models have as defaults', () => {
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
  expect(() => parseSettings(['--help'])).toThrow();
  const text = printed.replace(/\s+/g, ' ');
  expect(text).toContain(`(default: lenet: 8; resnet: ${models.resnet.epochs})`);
  expect(text).toContain('(default: lenet: adam 0.001, adamw 0.001, sgd 0.02, rmsprop 0.001; resnet: adam ');
});

test('the learning rate follows the optimizer', () => {
  expect(parseSettings(['--optimizer', 'sgd']).lr).toBe(0.02);
  expect(parseSettings(['--optimizer', 'sgd', '--lr', '1']).lr).toBe(1);
});

test.each([
  ['--epochs 0', /--epochs <n>' argument '0' is invalid/],
  ['--epochs -1', /--epochs/],
  ['--epochs 1.5', /--epochs/],
  ['--epochs NaN', /whole number from 1/],
  ['--epochs 1e99', /--epochs/],
  ['--epochs', /argument missing/],
  ['--batch-size 0', /--batch-size/],
  ['--batch-size 99999999999', /--batch-size/],
  ['--lr 0', /--lr <x>' argument '0' is invalid\. Expected a number above 0/],
  ['--lr -0.1', /--lr/],
  ['--lr NaN', /--lr/],
  ['--lr Infinity', /--lr/],
  ['--lr=', /--lr/],
  ['--seed -7', /--seed/],
  ['--optimizer lion', /Allowed choices are adam, adamw, sgd, rmsprop/],
  ['--model vgg', /Allowed choices are lenet, resnet/],
  ['--epoch 3', /unknown option '--epoch'/],
  ['train', /too many arguments/],
])('refuses %s', (args, message) => {
  expect(() => parseSettings(args.split(' '))).toThrow();
  expect(printed).toMatch(message);
});

test('refuses folders that are none', () => {
  expect(() => parseSettings(['--data', 'nowhere'])).toThrow('--data: nowhere is not a folder');
  expect(() => parseSettings(['--data', 'package.json'])).toThrow('--data: package.json is not a folder');
  expect(() => parseSettings(['--out', 'package.json'])).toThrow('--out: package.json is not a folder');
});
