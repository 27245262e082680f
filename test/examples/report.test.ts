import { expect, test } from 'vitest';
import { greyImage } from '../../examples/report/grey-image.ts';
import { renderReport } from '../../examples/report/report.ts';
import type { TrainingRun } from '../../examples/report/training-run.ts';

function run(changes: Partial<TrainingRun> = {}): TrainingRun {
  const epochs = [1, 2].map((epoch) => ({
    epoch,
    steps: 10,
    trainLoss: 1 / epoch,
    trainAccuracy: 0.9,
    testLoss: 0.8 / epoch,
    testAccuracy: 0.95,
    seconds: 2,
    imagesPerSecond: 320,
  }));
  return {
    title: 'LeNet-5',
    source: 'some <folder> & "more"',
    trainCount: 640,
    testCount: 100,
    settings: {
      model: 'lenet',
      epochs: 2,
      batchSize: 64,
      optimizer: 'adam',
      lr: 1e-3,
      seed: 7,
      threads: 1,
      json: false,
      out: 'out',
    },
    lrFalls: false,
    simd: 'plain',
    threads: 1,
    parameterCount: 61706,
    epochs,
    stepsPerEpoch: 10,
    stepLosses: Array.from({ length: 20 }, (_, step) => 2 / (step + 1)),
    interrupted: false,
    filters: Array.from({ length: 6 }, (_, k) => Float32Array.from({ length: 25 }, (_, i) => (k + i) / 30 - 0.5)),
    filterSide: 5,
    confusion: Array.from({ length: 10 }, (_, actual) =>
      Array.from({ length: 10 }, (_, answer) => (answer === actual ? 9 : answer === (actual + 1) % 10 ? 1 : 0)),
    ),
    mistakes: [{ image: new Float32Array(784).fill(0.5), actual: 4, predicted: 9, confidence: 0.875 }],
    ...changes,
  };
}

/** What a model that is a graph adds. */
const graph = {
  dot: 'digraph {\n  rankdir=LR;\n  x0 [label="x"];\n  n1 [label="a <conv>"];\n  x0 -> n1 [label="[64, 1, 28, 28]"];\n  n1 -> n2 -> n3;\n}\n',
  training: { batchSize: 64, planned: 11_250_000, naive: 44_370_000 },
  evaluation: { batchSize: 250, planned: 9_410_000, naive: 78_440_000 },
};

test.each([{}, { graph }])('the page fetches nothing and runs nothing', (changes) => {
  const html = renderReport(run(changes));
  expect(html).not.toMatch(/https?:|["'(]\/\//i);
  expect(html).not.toMatch(/<script|<link|<iframe|@import|url\((?!#)|\[object/i);
  for (const [, address] of html.matchAll(/(?:src|href)="([^"]*)"/g))
    expect(address).toMatch(/^data:image\/bmp;base64,/);
});

test.each([{}, { graph }])('every element is closed in order', (changes) => {
  const html = renderReport(run(changes));
  const open: string[] = [];
  for (const [, slash, name, closed] of html.matchAll(/<(\/?)([a-z][\w-]*)[^>]*?(\/?)>/gi)) {
    if (['meta', 'img'].includes(name) || closed) continue;
    if (slash) expect(open.pop()).toBe(name);
    else open.push(name);
  }
  expect(open).toEqual([]);
});

test('all four charts are there, drawn', () => {
  const charts = [...renderReport(run()).matchAll(/<svg role="img" aria-label="([^"]*)".*?<\/svg>/gs)];
  expect(charts.map(([, label]) => label)).toEqual([
    'Loss per epoch',
    'Accuracy per epoch',
    'Confusion matrix',
    'The 6 kernels of the first layer',
  ]);
  for (const [svg] of charts) expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  const [loss, , confusion, filters] = charts.map(([svg]) => svg);
  expect(texts(loss)).toContain('epoch');
  expect(texts(confusion).filter((text) => text === '9').length).toBe(10 + 2); // the diagonal, and a label on each axis
  expect(texts(confusion).filter((text) => text === '90.0 %').length).toBe(10); // recall
  expect(texts(filters)).toEqual(expect.arrayContaining(['filter 0', 'filter 5', '+0.50', '−0.50']));
});

test('a model that is a graph has its picture and its memory, and the page its name', () => {
  const html = renderReport(run({ title: 'ResNet', lrFalls: true, graph }));
  expect(html).toMatch(/<title>ResNet: 95\.00 % after 2 epochs<\/title>/);
  expect(html).toContain('<h1>ResNet training report</h1>');
  expect(html).toContain('<td>0.001, falling to 0</td>');
  const [svg] = html.match(/<svg role="img" aria-label="The graph of the network"[^]*?<\/svg>/) ?? [''];
  expect(texts(svg)).toEqual(expect.arrayContaining(['x', 'a &lt;conv&gt;', '[64, 1, 28, 28]']));
  const [, width, height] = /viewBox="\S+ \S+ (\S+) (\S+)"/.exec(svg) ?? [];
  expect(Number(height)).toBeGreaterThan(Number(width)); // from top to bottom
  expect(html).toContain('take 11.3 MB in training, where a buffer for each would take 44.4 MB');
  expect(html).toContain('in batches of 250, 9.4 MB in place of 78.4 MB');
});

test.each([6, 16])('%d filters make a square', (count) => {
  const filters = Array.from({ length: count }, (_, k) => new Float32Array(25).fill(k / count));
  const [svg] = renderReport(run({ filters })).match(/<svg role="img" aria-label="The \d+ kernels[^]*?<\/svg>/) ?? [''];
  expect(texts(svg).filter((text) => /^filter \d+$/.test(text)).length).toBe(count);
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  expect(Number(height) / Number(width)).toBeGreaterThan(0.7);
  expect(Number(height) / Number(width)).toBeLessThan(1.1);
});

test('the summary shows accuracy, parameters, time and settings', () => {
  const text = renderReport(run()).replace(/<[^>]*>/g, ' ');
  expect(text).toMatch(/95\.00 %\s+test accuracy/);
  expect(text).toMatch(/10 of 100\s+test images wrong/);
  expect(text).toMatch(/61\u202f706\s+parameters/);
  expect(text).toMatch(/4\.0 s\s+training time/);
  expect(text).toMatch(/learning rate\s+0\.001/);
  expect(text).toMatch(/4 taken for 9|4 →\s+9/);
});

test('text from outside is escaped', () => {
  expect(renderReport(run())).toContain('some &#60;folder&#62; &#38; &#34;more&#34;');
});

test('a run that was stopped, that made no mistake, or that diverged has its report too', () => {
  const [first] = run().epochs;
  expect(renderReport(run({ interrupted: true }))).toContain('Stopped by Ctrl-C after step 20.');
  expect(renderReport(run({ mistakes: [] }))).toContain('None.');
  const diverged = { ...first, trainLoss: Number.NaN, testLoss: Number.NaN, trainAccuracy: 0.1, testAccuracy: 0.1 };
  const html = renderReport(
    run({ epochs: [diverged], stepLosses: [Number.NaN], filters: [new Float32Array(25).fill(Number.NaN)] }),
  );
  expect(html.match(/<svg[^]*?<\/svg>/g)?.join('')).not.toMatch(/NaN|undefined/);
});

test('an image is a BMP, ink dark on white, its first row on top', () => {
  const image = new Float32Array(25);
  image[1] = 1;
  image[5] = 0.5;
  const bytes = Buffer.from(greyImage(image).replace('data:image/bmp;base64,', ''), 'base64');
  expect(bytes.toString('latin1', 0, 2)).toBe('BM');
  expect(bytes.readUInt32LE(2)).toBe(bytes.length);
  const palette = (ink: number) => bytes.readUInt32LE(54 + 4 * ink);
  expect([palette(0), palette(255)]).toEqual([0xffffff, 0]);
  expect(bytes.readInt32LE(22)).toBe(-5); // top-down
  const pixels = bytes.subarray(bytes.readUInt32LE(10));
  expect([pixels[0], pixels[1], pixels[8]]).toEqual([0, 255, 128]); // rows of 5 are padded to 8
});

function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
}
