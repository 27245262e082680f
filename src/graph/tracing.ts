import { reject } from '../check.ts';
import type { FloatDType } from '../dtype.ts';
import { Layer } from '../layers/layer.ts';
import type { Node, Operation, Placement, TensorSpec, Trace } from '../operation.ts';
import { Tensor } from '../tensor.ts';
import { expressionOf, GraphNode, type Operand, type Step } from './node.ts';
import { opaque, overridesForward } from './opaque.ts';

/** What a gate may do with the trace that it finds in its operands. */
export interface GateTrace extends Trace {
  /** The values of an operation applied to operands. */
  apply(operation: Operation, operands: readonly Operand[]): readonly Node[];
}

/**
 * A computation as its function writes it down, step by step, for inputs of given shapes. A step that does not fit its
 * operands throws where it is written, with the expression that it stands in.
 */
export class Tracing implements GateTrace {
  readonly name: string;
  readonly on: Placement;
  readonly steps: Step[] = [];
  readonly inputs: readonly GraphNode[];
  /** The layers that were applied, and the mode that they were in. */
  readonly modes: { readonly layer: Layer; readonly training: boolean }[] = [];
  /** Index tensors and what their elements must stay below. */
  readonly indexBounds: { readonly node: GraphNode; readonly bound: number; readonly call: string }[] = [];
  private readonly constants = new Map<number, GraphNode>();
  /** Tensors made for numbers. */
  private readonly owned: Tensor[] = [];
  private readonly leaves = new Map<Tensor, GraphNode>();
  /** The nodes that the inputs reach. */
  private readonly dependent = new Set<GraphNode>();
  private readonly labelOf: (layer: Layer) => string;
  private readonly containers: { layer: Layer; label: string }[] = [];
  private open = true;

  /** @param labelOf what a layer that the function itself applies is called; throws for one that the graph does not know */
  constructor(
    name: string,
    on: Placement,
    inputs: readonly (TensorSpec & { readonly name: string })[],
    labelOf: (layer: Layer) => string,
  ) {
    this.name = name;
    this.on = on;
    this.labelOf = labelOf;
    this.inputs = inputs.map(
      ({ name: input, shape, dtype }, index) =>
        new GraphNode(this, shape, dtype, { kind: 'input', index, name: input }),
    );
    for (const input of this.inputs) this.dependent.add(input);
  }

  /** The results, from what the function returned. */
  finish(returned: unknown): GraphNode[] {
    this.open = false;
    const results = (Array.isArray(returned) ? returned : [returned]) as unknown[];
    if (results.length === 0) throw new TypeError(`${this.name}: the function returned no node`);
    return results.map((result, k) => {
      const what = results.length > 1 ? `result ${k}` : 'the result';
      if (!(result instanceof GraphNode)) {
        return reject(this.name, what, 'a node', result, TypeError);
      }
      if (result.trace !== this) throw new Error(`${this.name}: ${what} is a node of another graph`);
      if (!this.dependent.has(result)) {
        throw new Error(`${this.name}: ${what}, ${result.expression()}, does not depend on the inputs`);
      }
      return result;
    });
  }

  apply(operation: Operation, operands: readonly Operand[]): readonly GraphNode[] {
    return this.record(operation, operation.name, operands);
  }

  applyLayer(layer: Layer, nodes: readonly Node[]): Node | readonly Node[] {
    const container = this.containers.at(-1);
    const label = container ? `${container.label}.${container.layer.nameOf(layer)}` : this.labelOf(layer);
    if (layer.core !== this.on.core) throw new TypeError(`${this.name}: layer ${label} belongs to another core`);
    if (layer.expand) return this.expand(layer, label, nodes);
    const inputs = nodes.map((node, i) => this.nodeOf(label, node, i));
    inputs.forEach((input, i) => {
      if (input.dtype === layer.dtype || input.dtype === 'i32') return;
      const call = `${this.name}: ${expressionOf(label, inputs)}`;
      reject(call, inputs.length > 1 ? `x[${i}]` : 'x', `dtype ${layer.dtype}`, input.dtype, TypeError);
    });
    if (!this.modes.some((mode) => mode.layer === layer)) this.modes.push({ layer, training: layer.training });
    const outputs = this.record(overridesForward(layer) ? opaque(layer) : layer, label, inputs);
    return outputs.length > 1 ? outputs : outputs[0];
  }

  private expand(layer: Layer, label: string, nodes: readonly Node[]): Node | readonly Node[] {
    nodes.forEach((node, i) => void this.nodeOf(label, node, i));
    this.containers.push({ layer, label });
    try {
      return layer.expand?.(...nodes) as Node | readonly Node[];
    } finally {
      this.containers.pop();
    }
  }

  private record(operation: Operation, label: string, operands: readonly Operand[]): GraphNode[] {
    const inputs = operands.map((operand, i) => this.nodeOf(label, operand, i));
    const call = `${this.name}: ${expressionOf(label, inputs)}`;
    const application = operation.prepare(call, inputs, this.on);
    const outputs: GraphNode[] = [];
    const step: Step = { operation, application, label, inputs, outputs };
    application.outputs.forEach(({ shape, dtype }, output) => {
      outputs.push(new GraphNode(this, shape, dtype, { kind: 'step', step, output }));
    });
    for (const { input, bound } of application.indexBounds ?? []) this.boundIndices(call, inputs[input], bound);
    this.steps.push(step);
    if (inputs.some((input) => this.dependent.has(input))) for (const output of outputs) this.dependent.add(output);
    return outputs;
  }

  /** Index elements are checked before anything runs, so they must be there before: from outside, if reshaped. */
  private boundIndices(call: string, node: GraphNode, bound: number): void {
    if (node.source.kind !== 'step') {
      this.indexBounds.push({ node, bound, call });
    } else if (node.source.step.application.view) {
      this.boundIndices(call, node.source.step.inputs[0], bound);
    } else {
      reject(call, 'index', 'an input of the graph or a Tensor', 'a computed value');
    }
  }

  private nodeOf(label: string, operand: unknown, i: number): GraphNode {
    if (operand instanceof GraphNode) {
      if (operand.trace !== this || !this.open) {
        throw new Error(`${this.name}: ${label}: operand ${i} is a node of another graph`);
      }
      return operand;
    }
    if (typeof operand === 'number') return this.constantOf(operand);
    if (!(operand instanceof Tensor)) {
      return reject(`${this.name}: ${label}`, `operand ${i}`, 'a node, a Tensor or a number', operand, TypeError);
    }
    if (operand.core !== this.on.core) {
      throw new TypeError(`${this.name}: ${label}: operand ${i} belongs to another core`);
    }
    const leaf =
      this.leaves.get(operand) ??
      new GraphNode(this, operand.shape, operand.dtype, { kind: 'tensor', tensor: operand });
    this.leaves.set(operand, leaf);
    return leaf;
  }

  private constantOf(value: number): GraphNode {
    const dtype: FloatDType = this.on.dtype;
    const known = this.constants.get(value);
    if (known) return known;
    const tensor = Tensor.empty(this.on.core, [], dtype);
    this.owned.push(tensor);
    tensor.data[0] = value; // any number: NaN and ±∞ are constants too
    const constant = new GraphNode(this, [], dtype, { kind: 'tensor', tensor });
    if (!Object.is(value, -0)) this.constants.set(value, constant);
    return constant;
  }

  /** Gives the constants back. */
  dispose(): void {
    for (const tensor of this.owned) tensor.dispose();
  }
}
