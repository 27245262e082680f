import { confusionMatrix } from './confusion-matrix.ts';
import { accuracyCurve, accuracyLegend, type LegendEntry, lossCurve, lossLegend } from './curves.ts';
import { filterGrid } from './filter-grid.ts';
import { greyImage } from './grey-image.ts';
import { networkGraph } from './network-graph.ts';
import { style } from './style.ts';
import type { EpochRecord, Mistake, NetworkGraph, TrainingRun } from './training-run.ts';

const shownMistakes = 20;

/** One HTML page that holds everything it shows: no script, and nothing to fetch. */
export function renderReport(run: TrainingRun): string {
  const last = run.epochs[run.epochs.length - 1];
  const seconds = run.epochs.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const wrong = run.testCount - run.confusion.reduce((sum, row, digit) => sum + row[digit], 0);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${run.title}: ${percent(last.testAccuracy)} after ${run.epochs.length} epochs</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${run.title} training report</h1>
<p>${escape(run.source)}: ${whole(run.trainCount)} images to train on, ${whole(run.testCount)} to test.${
    run.interrupted ? ` <strong>Stopped by Ctrl-C after step ${whole(run.stepLosses.length)}.</strong>` : ''
  }</p>
</header>
<ul class="tiles">
${tile(percent(last.testAccuracy), 'test accuracy')}
${tile(significant(last.testLoss), 'test loss')}
${tile(`${wrong} of ${whole(run.testCount)}`, 'test images wrong')}
${tile(whole(run.parameterCount), 'parameters')}
${tile(`${seconds.toFixed(1)} s`, 'training time')}
${tile(whole(run.epochs.reduce((sum, epoch) => sum + epoch.imagesPerSecond * epoch.seconds, 0) / seconds), 'images per second')}
</ul>
<main>
${figure('Loss', 'Cross-entropy, logarithmic scale.', lossCurve(run), lossLegend)}
${run.graph ? networkFigure(run.graph) : ''}
${figure('Accuracy', 'Training accuracy is taken while the weights still change.', accuracyCurve(run), accuracyLegend)}
${figure('Confusion matrix', 'Test images. Right answers in blue, wrong ones in orange, each on a scale of its own.', confusionMatrix(run.confusion))}
<div class="stack">
${figure('First-layer filters', `The ${run.filterSide}×${run.filterSide} kernels of the first convolution.`, filterGrid(run.filters, run.filterSide))}
<section><h2>Settings</h2>${settingsTable(run)}</section>
</div>
<section class="wide"><h2>Misclassified</h2>${mistakeRow(run.mistakes)}</section>
<section class="wide"><h2>Epochs</h2>${epochTable(run.epochs)}</section>
</main>
</body>
</html>
`;
}

function tile(value: string, label: string): string {
  return `<li><b>${value}</b> ${label}</li>`;
}

function figure(title: string, caption: string, svg: string, legend: LegendEntry[] = []): string {
  const entries = legend.map(({ color, text }) => `<li style="--color: ${color}">${text}</li>`).join('');
  const list = entries && `<ul class="legend">${entries}</ul>`;
  return `<figure><figcaption><h2>${title}</h2><p>${caption}</p>${list}</figcaption>\n${svg}\n</figure>`;
}

function networkFigure({ dot, training, evaluation }: NetworkGraph): string {
  const caption =
    `Traced for a batch of ${training.batchSize}. Values and gradients take ${megabytes(training.planned)} in training, ` +
    `where a buffer for each would take ${megabytes(training.naive)}; in evaluation, in batches of ` +
    `${evaluation.batchSize}, ${megabytes(evaluation.planned)} in place of ${megabytes(evaluation.naive)}.`;
  return figure('Network', caption, networkGraph(dot)).replace('<figure>', '<figure class="tall">');
}

function settingsTable({ settings, lrFalls, simd, threads }: TrainingRun): string {
  const rows = {
    optimizer: settings.optimizer,
    'learning rate': lrFalls ? `${settings.lr}, falling to 0` : settings.lr,
    'batch size': settings.batchSize,
    epochs: settings.epochs,
    seed: settings.seed,
    SIMD: simd,
    threads,
  };
  const cells = Object.entries(rows).map(([name, value]) => `<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return `<table class="settings">${cells.join('')}</table>`;
}

/** The mistakes that the network was surest of. */
function mistakeRow(mistakes: Mistake[]): string {
  if (mistakes.length === 0) return '<p>None.</p>';
  const surest = mistakes.toSorted((a, b) => b.confidence - a.confidence).slice(0, shownMistakes);
  const items = surest.map(({ image, actual, predicted, confidence }) => {
    const text = `${actual} taken for ${predicted}, ${percent(confidence, 1)} sure`;
    return `<li><img src="${greyImage(image)}" alt="${text}" title="${text}"><span>${actual} → <b>${predicted}</b></span> <small>${percent(confidence, 1)}</small></li>`;
  });
  return `<p>Actual → <b>predicted</b>, with the probability given to the wrong answer; ${
    mistakes.length > surest.length ? `the ${surest.length} surest of ${whole(mistakes.length)}` : 'surest first'
  }.</p>\n<ul class="digits">\n${items.join('\n')}\n</ul>`;
}

function epochTable(epochs: EpochRecord[]): string {
  const rows = epochs.map(
    (epoch) =>
      `<tr><td>${epoch.epoch}</td><td>${significant(epoch.trainLoss)}</td><td>${percent(epoch.trainAccuracy)}</td>` +
      `<td>${significant(epoch.testLoss)}</td><td>${percent(epoch.testAccuracy)}</td>` +
      `<td>${epoch.seconds.toFixed(2)} s</td><td>${whole(epoch.imagesPerSecond)}</td></tr>`,
  );
  return `<div class="scroll"><table class="epochs">
<thead><tr><th>epoch</th><th>train loss</th><th>train accuracy</th><th>test loss</th><th>test accuracy</th><th>time</th><th>images/s</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function percent(fraction: number, decimals = 2): string {
  return `${(100 * fraction).toFixed(decimals)} %`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function significant(value: number): string {
  return value.toPrecision(3);
}

/** Thousands apart, by narrow spaces. */
function whole(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
