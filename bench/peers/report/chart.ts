import { init } from 'echarts';
import type { Column, Table } from '../comparison.ts';
import { isMeasured } from './cell.ts';

const colors = { text: '#1f2937', muted: '#5b6472', line: '#dde1e7', ours: '#111827' };
/** Without quotes, which ECharts would leave unescaped in an attribute. */
const fontFamily = 'system-ui, -apple-system, Roboto, Arial, sans-serif';

const cross = 'path://M-5,-3L-3,-5L0,-2L3,-5L5,-3L2,0L5,3L3,5L0,2L-3,5L-5,3L-2,0Z';

/** One colour and shape for each peer in every chart, by its place among the columns. */
const marks = [
  { color: colors.ours, symbol: 'circle' },
  { color: '#ea580c', symbol: 'circle' },
  { color: '#f0a868', symbol: 'triangle' },
  { color: '#0d9488', symbol: 'rect' },
  { color: '#7c3aed', symbol: 'diamond' },
  { color: '#9aa1ad', symbol: 'circle' },
  { color: '#dc2626', symbol: cross },
  { color: '#374151', symbol: 'emptyCircle' },
];

const rowHeight = 24;
const margins = { left: 330, right: 44, top: 64, bottom: 44 };
const width = 980;

/** Every case a line, every peer a mark on it: its time over ours, on a scale of powers of ten. */
export function chart({ title, rows }: Table, columns: readonly Column[]): string {
  const [{ name: ours }, ...others] = columns;
  const series = others.flatMap(({ name }, i) => {
    const data = rows.flatMap(({ cells }, place) => {
      const cell = cells[name];
      return isMeasured(cell) ? [[cell.ratio.median, place]] : [];
    });
    const { color, symbol } = marks[i + 1];
    return data.length > 0
      ? [{ type: 'scatter' as const, name, data, symbol, symbolSize: 11, itemStyle: { color, borderColor: color } }]
      : [];
  });
  const ratios = series.flatMap(({ data }) => data.map(([ratio]) => ratio));
  const drawing = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width,
    height: margins.top + rows.length * rowHeight + margins.bottom,
  });
  drawing.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily, color: colors.text, fontSize: 13 },
    title: { text: title, left: 12, top: 8, textStyle: { fontSize: 15, color: colors.text } },
    legend: {
      top: 36,
      left: 'center',
      width,
      itemGap: 14,
      itemWidth: 16,
      itemHeight: 11,
      textStyle: { color: colors.text, fontSize: 13 },
    },
    grid: margins,
    xAxis: {
      type: 'log',
      min: 10 ** Math.floor(Math.log10(Math.min(1, ...ratios))),
      max: 10 ** Math.ceil(Math.log10(Math.max(10, ...ratios))),
      name: `time over ${ours}'s: to the right of 1×, ${ours} is faster`,
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: { color: colors.muted },
      axisLabel: { color: colors.muted, formatter: (value: number) => `${value}×` },
      splitLine: { lineStyle: { color: colors.line } },
      minorTick: { show: true, splitNumber: 9 },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map(({ kernel, shape }) => `${kernel} ${shape}`),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: colors.text, width: margins.left - 20, overflow: 'truncate', interval: 0 },
      splitLine: { show: true, lineStyle: { color: '#eef0f3' } },
    },
    series: [
      ...series,
      {
        type: 'line',
        name: ours,
        data: rows.map((_, place) => [1, place]),
        symbol: 'none',
        lineStyle: { color: colors.ours, width: 2 },
        itemStyle: { color: colors.ours },
      },
    ],
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  // Styles for a pointer that hovers serve nothing in a still picture.
  return svg.replace(/<style[^]*?<\/style>/g, '').replace(/ class="[^"]*"/g, '');
}
