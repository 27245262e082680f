import { instance } from '@viz-js/viz';
import { colors } from './chart.ts';

const viz = await instance();

const font = { fontname: 'Helvetica', fontsize: 10 };

/** A graph in Graphviz's language as an inline `<svg>`, from top to bottom. */
export function networkGraph(dot: string): string {
  const svg = viz.renderString(dot.replace('rankdir=LR', 'rankdir=TB'), {
    format: 'svg_inline',
    graphAttributes: { bgcolor: 'transparent', ranksep: 0.2, nodesep: 0.35 }, // inches
    nodeAttributes: { ...font, height: 0.24, margin: '0.1,0.02', color: colors.train, fontcolor: colors.text },
    edgeAttributes: { ...font, fontsize: 8, arrowsize: 0.5, color: colors.mutedText, fontcolor: colors.mutedText },
  });
  // Titles would be tooltips that show Graphviz's own names of nodes.
  return svg
    .replace(/<!--[^]*?-->\n?|<title>.*?<\/title>\n?/g, '')
    .replace('<svg', '<svg role="img" aria-label="The graph of the network"')
    .replace(/ (id|class|xml:space)="[^"]*"/g, '');
}
