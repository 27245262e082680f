import { colors, drawChart } from './chart.ts';

const width = 560;
const height = 520;

/**
 * Counts, one row per true class and one column per answer. Right and wrong have a colour scale each: on a common one
 * the diagonal would leave every mistake white. At the right edge each class's recall: how much of its row is right.
 */
export function confusionMatrix(confusion: number[][]): string {
  const classes = confusion.map((_, label) => String(label));
  const cells = confusion.flatMap((row, actual) => row.map((count, predicted) => ({ actual, predicted, count })));
  const recall = confusion.map((row, actual) => row[actual] / row.reduce((sum, count) => sum + count, 0));
  const right = cells.filter(({ actual, predicted }) => actual === predicted);
  const wrong = cells.filter(({ actual, predicted, count }) => actual !== predicted && count > 0);
  const axis = {
    type: 'category' as const,
    data: classes,
    nameLocation: 'middle' as const,
    nameTextStyle: { color: colors.mutedText },
    axisLabel: { color: colors.text },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { show: true, interval: 0, lineStyle: { color: colors.line } },
  };
  const scale = (seriesIndex: number, max: number, from: string, to: string) => ({
    type: 'continuous' as const,
    show: false,
    seriesIndex,
    min: 0,
    max,
    inRange: { color: [from, to] },
  });
  const most = (shown: typeof cells) => Math.max(...shown.map(({ count }) => count), 1);
  const series = (shown: typeof cells) => ({
    type: 'heatmap' as const,
    silent: true,
    label: { show: true, fontSize: 12 },
    itemStyle: { borderColor: '#ffffff', borderWidth: 1 },
    data: shown.map(({ actual, predicted, count }) => ({
      value: [predicted, actual, count],
      label: { color: count > most(shown) * 0.6 ? '#ffffff' : colors.text }, // on the dark end of its scale
    })),
  });
  return drawChart(width, height, 'Confusion matrix', {
    grid: { left: 48, right: 66, top: 48, bottom: 6 },
    xAxis: { ...axis, name: 'predicted', nameGap: 28, position: 'top' },
    yAxis: [
      { ...axis, name: 'actual', nameGap: 30, inverse: true },
      {
        ...axis,
        data: recall.map((fraction) => (Number.isNaN(fraction) ? '–' : `${(100 * fraction).toFixed(1)} %`)),
        name: 'recall',
        nameLocation: 'start',
        nameGap: 8,
        nameTextStyle: { color: colors.mutedText, align: 'left' },
        inverse: true,
        position: 'right',
        axisLabel: { color: colors.mutedText },
        splitLine: { show: false },
      },
    ],
    visualMap: [
      scale(0, most(right), colors.right, colors.rightMost),
      scale(1, most(wrong), colors.wrong, colors.wrongMost),
    ],
    series: [series(right), series(wrong)],
  });
}
