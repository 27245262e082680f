import type { GraphNode, Step } from './node.ts';
import type { ForwardPlan } from './plan.ts';

/** What the pictures show: boxes for steps and leaves, arrows for values with their shapes. */
interface Picture {
  readonly boxes: readonly { readonly id: string; readonly label: string; readonly kind: 'leaf' | 'step' | 'result' }[];
  readonly arrows: readonly { readonly from: string; readonly to: string; readonly shape: string }[];
}

/** The plan's steps in Graphviz's language. */
export function dot(plan: ForwardPlan): string {
  const { boxes, arrows } = pictureOf(plan);
  const shapes = { leaf: 'ellipse', step: 'box', result: 'plaintext' } as const;
  const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return [
    'digraph {',
    '  rankdir=LR;',
    ...boxes.map(({ id, label, kind }) => `  ${id} [label=${quoted(label)}, shape=${shapes[kind]}];`),
    ...arrows.map(({ from, to, shape }) => `  ${from} -> ${to} [label=${quoted(shape)}];`),
    '}',
    '',
  ].join('\n');
}

/** The plan's steps in Mermaid's language. */
export function mermaid(plan: ForwardPlan): string {
  const { boxes, arrows } = pictureOf(plan);
  const quoted = (text: string) => `"${text.replace(/["#&<>]/g, (letter) => `#${letter.charCodeAt(0)};`)}"`;
  const box = { leaf: ['([', '])'], step: ['[', ']'], result: ['((', '))'] } as const;
  return [
    'flowchart LR',
    ...boxes.map(({ id, label, kind }) => `  ${id}${box[kind][0]}${quoted(label)}${box[kind][1]}`),
    ...arrows.map(({ from, to, shape }) => `  ${from} -- ${quoted(shape)} --> ${to}`),
    '',
  ].join('\n');
}

/** `add`; with a name of its own, `stem: Conv2d`. */
const titleOf = ({ label, operation: { name } }: Step): string => (label === name ? label : `${label}: ${name}`);

function pictureOf({ steps, results }: ForwardPlan): Picture {
  const ids = new Map<GraphNode | Step, string>();
  const boxes: { id: string; label: string; kind: 'leaf' | 'step' | 'result' }[] = [];
  const arrows: { from: string; to: string; shape: string }[] = [];
  const box = (key: GraphNode | Step, prefix: string, label: string, kind: 'leaf' | 'step') => {
    const known = ids.get(key);
    if (known) return known;
    const id = `${prefix}${ids.size}`;
    ids.set(key, id);
    boxes.push({ id, label, kind });
    return id;
  };
  const boxOf = (node: GraphNode) =>
    node.source.kind === 'step'
      ? box(node.source.step, 'n', titleOf(node.source.step), 'step')
      : box(node, 'x', node.expression(), 'leaf');
  const arrow = (node: GraphNode, to: string) => {
    arrows.push({ from: boxOf(node), to, shape: `[${node.shape.join(', ')}]` });
  };
  for (const step of steps) {
    for (const input of step.inputs) boxOf(input);
    const id = box(step, 'n', titleOf(step), 'step');
    for (const input of step.inputs) arrow(input, id);
  }
  results.forEach((result, k) => {
    const id = `result${k}`;
    arrow(result, id);
    boxes.push({ id, label: results.length > 1 ? `result ${k}` : 'result', kind: 'result' });
  });
  return { boxes, arrows };
}
