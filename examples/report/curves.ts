import type { EChartsOption } from 'echarts';
import { colors, drawChart } from './chart.ts';
import type { TrainingRun } from './training-run.ts';

const width = 520;
const height = 300;
/** More ticks than this would touch each other. */
const maxTicks = 12;
/** Of the loss's axis. */
const maxLossIntervals = 7;
/** More points than this in the curve of the steps would only blacken it. */
const maxStepPoints = 260;

export interface LegendEntry {
  color: string;
  text: string;
}

/** Written in HTML, where it wraps by itself in a narrow column. */
export const accuracyLegend: LegendEntry[] = [
  { color: colors.train, text: 'train, mean of the epoch' },
  { color: colors.test, text: 'test' },
];
export const lossLegend: LegendEntry[] = [{ color: colors.trainFaint, text: 'train, by step' }, ...accuracyLegend];

/** Loss over epochs on a logarithmic scale: of the steps (faint), and the means of training and test. */
export function lossCurve(run: TrainingRun): string {
  const ends = epochEnds(run);
  const means = run.epochs.flatMap(({ trainLoss, testLoss }) => [trainLoss, testLoss]);
  const steps = bucketMeans(run.stepLosses, Math.ceil(run.stepLosses.length / maxStepPoints));
  const shown = [...means, ...steps.map(([, loss]) => loss)].filter((loss) => loss > 0 && Number.isFinite(loss));
  const least = Math.log2(Math.min(...shown, 1));
  const most = Math.log2(Math.max(...shown, 2));
  const interval = Math.ceil((most - least) / maxLossIntervals);
  return drawChart(width, height, 'Loss per epoch', {
    ...frame(ends),
    yAxis: {
      type: 'log',
      logBase: 2,
      // ECharts counts a logarithmic axis's interval in exponents.
      interval,
      min: 2 ** (interval * Math.floor(least / interval)),
      max: 2 ** (interval * Math.ceil(most / interval)),
      axisLabel: { color: colors.mutedText, formatter: (loss: number) => String(Number(loss.toPrecision(3))) },
      splitLine: { lineStyle: { color: colors.line } },
    },
    series: [
      {
        type: 'line',
        silent: true,
        showSymbol: false,
        color: colors.trainFaint,
        lineStyle: { width: 1.2 },
        data: steps.map(([step, loss]) => [step / run.stepsPerEpoch, positive(loss)]),
      },
      curve(
        colors.train,
        run.epochs.map(({ trainLoss }, i) => [ends[i], positive(trainLoss)]),
      ),
      curve(
        colors.test,
        run.epochs.map(({ testLoss }, i) => [ends[i], positive(testLoss)]),
      ),
    ],
  });
}

/** Accuracy over epochs, on the training images (while training) and on the test images (after the epoch). */
export function accuracyCurve(run: TrainingRun): string {
  const ends = epochEnds(run);
  const worst = Math.min(...run.epochs.flatMap(({ trainAccuracy, testAccuracy }) => [trainAccuracy, testAccuracy]));
  const interval = [0.5, 1, 2, 5, 10].find((step) => 100 * (1 - worst) <= 6 * step) ?? 20;
  return drawChart(width, height, 'Accuracy per epoch', {
    ...frame(ends),
    yAxis: {
      type: 'value',
      min: Math.max(0, 100 - interval * Math.max(1, Math.ceil((100 * (1 - worst)) / interval))),
      max: 100,
      interval,
      axisLabel: { color: colors.mutedText, formatter: '{value} %' },
      splitLine: { lineStyle: { color: colors.line } },
    },
    series: [
      curve(
        colors.train,
        run.epochs.map((epoch, i) => [ends[i], 100 * epoch.trainAccuracy]),
      ),
      curve(
        colors.test,
        run.epochs.map((epoch, i) => [ends[i], 100 * epoch.testAccuracy]),
      ),
    ],
  });
}

/** Where each epoch ended, in epochs: 1, 2, 3, or 2.4 for a third one that was cut short. */
function epochEnds({ epochs, stepsPerEpoch }: TrainingRun): number[] {
  return epochs.map(({ epoch, steps }) => epoch - 1 + steps / stepsPerEpoch);
}

function frame(ends: number[]): EChartsOption {
  const last = Math.ceil(ends.at(-1) ?? 1);
  return {
    grid: { left: 56, right: 20, top: 12, bottom: 48 },
    xAxis: {
      type: 'value',
      name: 'epoch',
      nameLocation: 'middle',
      nameGap: 28,
      nameTextStyle: { color: colors.mutedText },
      min: 0,
      max: last,
      interval: Math.ceil(last / maxTicks),
      axisLabel: { color: colors.mutedText },
      axisLine: { lineStyle: { color: colors.mutedText } },
      splitLine: { show: false },
    },
  };
}

function curve(color: string, data: (number | null)[][]) {
  const showSymbol = data.length <= 30;
  return {
    type: 'line' as const,
    silent: true,
    color,
    showSymbol,
    symbol: 'circle',
    symbolSize: 6,
    lineStyle: { width: 2 },
    data,
  };
}

/** A logarithmic axis has no place for zero, and no axis for NaN. */
function positive(loss: number): number | null {
  return loss > 0 && Number.isFinite(loss) ? loss : null;
}

/** `[middle step, mean]` of each run of `length` values. */
function bucketMeans(values: number[], length: number): [number, number][] {
  const buckets: [number, number][] = [];
  for (let begin = 0; begin < values.length; begin += length) {
    const bucket = values.slice(begin, begin + length);
    buckets.push([begin + bucket.length / 2, bucket.reduce((sum, value) => sum + value, 0) / bucket.length]);
  }
  return buckets;
}
