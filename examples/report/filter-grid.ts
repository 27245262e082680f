import { colors, drawChart } from './chart.ts';

const width = 464;
const gap = 26;
const legendHeight = 36;

/** Each kernel as a small heatmap, all on one scale that is symmetric about zero. */
export function filterGrid(filters: Float32Array[], filterSide: number): string {
  const columns = Math.ceil(Math.sqrt(filters.length));
  const rows = Math.ceil(filters.length / columns);
  const side = (width - (columns + 1) * gap) / columns;
  const height = rows * (side + gap) + legendHeight + 8;
  const bound = Math.max(...filters.flatMap((filter) => [...filter].map(Math.abs).filter(Number.isFinite)), 1e-6);
  const cells = Array.from({ length: filterSide }, (_, i) => String(i));
  const axis = { type: 'category' as const, data: cells, show: false };
  const left = (index: number) => gap + (index % columns) * (side + gap);
  const top = (index: number) => gap + Math.floor(index / columns) * (side + gap);

  return drawChart(width, height, `The ${filters.length} kernels of the first layer`, {
    title: filters.map((_, index) => ({
      text: `filter ${index}`,
      left: left(index) - 5,
      top: top(index) - 23,
      textStyle: { fontSize: 12, fontWeight: 'normal', color: colors.mutedText },
    })),
    grid: filters.map((_, index) => ({ left: left(index), top: top(index), width: side, height: side })),
    xAxis: filters.map((_, gridIndex) => ({ ...axis, gridIndex })),
    // Row 0 of a kernel is at the top.
    yAxis: filters.map((_, gridIndex) => ({ ...axis, gridIndex, inverse: true })),
    visualMap: {
      min: -bound,
      max: bound,
      precision: 2,
      orient: 'horizontal',
      left: 'center',
      bottom: 0,
      itemWidth: 12,
      itemHeight: 180,
      text: [`+${bound.toFixed(2)}`, `−${bound.toFixed(2)}`],
      textStyle: { color: colors.mutedText },
      inRange: { color: ['#b2182b', '#f4a582', '#f7f7f7', '#92c5de', '#2166ac'] },
    },
    series: filters.map((filter, index) => ({
      type: 'heatmap',
      silent: true,
      xAxisIndex: index,
      yAxisIndex: index,
      itemStyle: { borderColor: '#ffffff', borderWidth: 1 },
      // A diverged weight stays empty.
      data: Array.from(filter, (weight, at) => [at % filterSide, Math.floor(at / filterSide), weight]).filter(
        ([, , weight]) => Number.isFinite(weight),
      ),
    })),
  });
}
