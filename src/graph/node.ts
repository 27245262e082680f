import type { DType } from '../dtype.ts';
import type { Application, Node, Operation, Trace } from '../operation.ts';
import { Parameter } from '../parameter.ts';
import type { Shape } from '../shape.ts';
import { Tensor } from '../tensor.ts';

/** What a gate takes: a node, a tensor (a constant; a `Parameter` is trained) or a number. */
export type Operand = Node | Tensor | number;

/** One application of an operation, as it was written down: its place in the order, its inputs and outputs. */
export interface Step {
  readonly operation: Operation;
  readonly application: Application;
  /** What it is called in messages and pictures: `add`, `block.conv1`. */
  readonly label: string;
  readonly inputs: readonly GraphNode[];
  readonly outputs: readonly GraphNode[];
}

/** Where a node's value comes from: an argument, a tensor from outside, or a step. */
export type Source =
  | { readonly kind: 'input'; readonly index: number; readonly name: string }
  | { readonly kind: 'tensor'; readonly tensor: Tensor; readonly name: string }
  | { readonly kind: 'step'; readonly step: Step; readonly output: number };

/** A value of a traced computation: its shape is known, its elements are not. */
export class GraphNode implements Node {
  readonly trace: Trace;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly source: Source;

  constructor(trace: Trace, shape: Shape, dtype: DType, source: Source) {
    this.trace = trace;
    this.shape = shape;
    this.dtype = dtype;
    this.source = source;
  }

  /** The parameter that this is a leaf of the graph for. */
  get parameter(): Parameter | undefined {
    return this.source.kind === 'tensor' && this.source.tensor instanceof Parameter ? this.source.tensor : undefined;
  }

  /** The value as an expression: `mul(add(x, y), z)`, with `…` below `depth` levels. */
  expression(depth = 4): string {
    const { source } = this;
    if (source.kind !== 'step') return source.name;
    const { step, output } = source;
    const index = step.outputs.length > 1 ? `[${output}]` : '';
    return expressionOf(step.label, step.inputs, depth) + index;
  }
}

/** `label(…)` over operands. */
export function expressionOf(label: string, inputs: readonly GraphNode[], depth = 4): string {
  if (depth <= 0) return `${label}(…)`;
  const shown = inputs.length > 5 ? inputs.slice(0, 3) : inputs;
  const operands = shown.map((input) => input.expression(depth - 1));
  if (shown.length < inputs.length) operands.push('…');
  return `${label}(${operands.join(', ')})`;
}
