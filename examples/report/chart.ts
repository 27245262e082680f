import { type EChartsOption, init } from 'echarts';

export const colors = {
  train: '#2563eb',
  trainFaint: '#bcd0f7',
  test: '#c2570c',
  text: '#1f2937',
  mutedText: '#5b6472',
  line: '#dde1e7',
  right: '#dbe7fb',
  rightMost: '#1d4ed8',
  wrong: '#fdeadb',
  wrongMost: '#c2410c',
};

const fontFamily = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** One ECharts drawing as an inline `<svg>` that scales with its column; `description` is for those who cannot see it. */
export function drawChart(width: number, height: number, description: string, option: EChartsOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, textStyle: { fontFamily, color: colors.text, fontSize: 13 }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  // HTML knows svg without its namespace, so that the page holds no address at all. Hover styles and the markers of
  // ECharts' client runtime serve nothing in a still picture.
  return svg
    .replace(/^<svg width="\d+" height="\d+"/, `<svg role="img" aria-label="${description}"`)
    .replace(/ xmlns(:xlink)?="[^"]*"/g, '')
    .replace(/<style[^]*?<\/style>/g, '')
    .replace(/ (ecmeta_\w+|class)="[^"]*"/g, '');
}
