import { reject, show } from '../check.ts';
import type { FloatDType } from '../dtype.ts';
import { Layer } from '../layers/layer.ts';
import { isNode, type Node, type Operation, type Placement, type TensorSpec, type Trace } from '../operation.ts';
import { Parameter } from '../parameter.ts';
import { Tensor } from '../tensor.ts';
import { expressionOf, GraphNode, type Operand, type Step } from './node.ts';
import { opaque, overridesForward } from './opaque.ts';

/** What a gate may do with the trace that it finds in its operands. */
export interface GateTrace extends Trace {
  /** The values of an operation applied to operands. */
  apply(operation: Operation, operands: readonly Operand[]): readonly Node[];
}

const foreign = 'is a node of another graph, or of an earlier run of the function';

/**
 * A computation as its function writes it down, step by step, for inputs of given shapes. A step that does not fit its
 * operands throws where it is written, with the expression that it stands in.
 */
export class Tracing implements GateTrace {
  readonly name: string;
  readonly on: Placement;
  readonly steps: Step[] = [];
  readonly inputs: readonly GraphNode[];
  /** The layers that were applied, with those inside them, and the mode that they were in. */
  readonly modes: { readonly layer: Layer; readonly training: boolean }[] = [];
  /** Tensors from outside: constants and parameters, also those of layers. */
  readonly tensors: { readonly name: string; readonly tensor: Tensor }[] = [];
  /** Index tensors and what their elements must stay below. */
  readonly indexBounds: { readonly node: GraphNode; readonly bound: number; readonly call: string }[] = [];
  /** Whether the function returned an array. */
  returnsList = false;
  private readonly constants = new Map<number, GraphNode>();
  /** Tensors made for numbers, and layers' forks. */
  private readonly owned: { dispose(): void }[] = [];
  private readonly leaves = new Map<Tensor, GraphNode>();
  /** The nodes that the inputs reach. */
  private readonly dependent = new Set<GraphNode>();
  /** The layers whose code is being run, the graph first, and what begins the labels of what they apply. */
  private readonly containers: { readonly layer: Layer; readonly prefix: string }[];
  private open = true;

  /** @param graph whose function is traced */
  constructor(graph: Layer, inputs: readonly (TensorSpec & { readonly name: string })[]) {
    this.name = graph.name;
    this.on = graph;
    this.containers = [{ layer: graph, prefix: '' }];
    this.inputs = inputs.map(
      ({ name: input, shape, dtype }, index) =>
        new GraphNode(this, shape, dtype, { kind: 'input', index, name: input }),
    );
    for (const input of this.inputs) this.dependent.add(input);
  }

  /** The results, from what the function returned. */
  finish(returned: unknown): GraphNode[] {
    this.open = false;
    this.returnsList = Array.isArray(returned);
    const results = (this.returnsList ? returned : [returned]) as unknown[];
    if (results.length === 0) throw new TypeError(`${this.name}: the function returned no node`);
    return results.map((result, k) => {
      const what = results.length > 1 ? `result ${k}` : 'the result';
      if (!(result instanceof GraphNode)) {
        return reject(this.name, what, 'a node', result, TypeError);
      }
      if (result.trace !== this) throw new Error(`${this.name}: ${what} ${foreign}`);
      if (!this.dependent.has(result)) {
        throw new Error(`${this.name}: ${what}, ${result.expression()}, does not depend on the inputs`);
      }
      return result;
    });
  }

  apply(operation: Operation, operands: readonly Operand[]): readonly GraphNode[] {
    return this.record(operation, operation.name, operands);
  }

  applyLayer(applied: Layer, nodes: readonly Node[]): Node | readonly Node[] {
    const { layer: container, prefix } = this.container;
    const [name, layer] = container.member(applied);
    const label = prefix === '' && /^\d+$/.test(name) ? layer.constructor.name : prefix + name;
    if (layer.core !== this.on.core) throw new TypeError(`${this.name}: layer ${label} belongs to another core`);
    const inputs = nodes.map((node, i) => this.nodeOf(label, node, i));
    if (layer.expand) return this.expand(layer, label, inputs);
    if (layer.dtype !== this.on.dtype) {
      reject(`${this.name}: ${expressionOf(label, inputs)}`, 'layer', `dtype ${this.on.dtype}`, layer.dtype, TypeError);
    }
    const operation = overridesForward(layer) ? opaque(this.own(layer.fork())) : layer;
    if (operation === layer) this.checkFloats(label, inputs);
    this.noteLayer(layer, label);
    const outputs = this.record(operation, label, inputs);
    return outputs.length > 1 ? outputs : outputs[0];
  }

  private get container() {
    return this.containers[this.containers.length - 1];
  }

  private own<T extends { dispose(): void }>(thing: T): T {
    this.owned.push(thing);
    return thing;
  }

  /** A layer's own kernels take floats; one that overrides `forward` sees to it itself. */
  private checkFloats(label: string, inputs: readonly GraphNode[]): void {
    inputs.forEach(({ dtype }, i) => {
      if (dtype !== 'i32') return;
      const call = `${this.name}: ${expressionOf(label, inputs)}`;
      reject(call, inputs.length > 1 ? `x[${i}]` : 'x', `dtype ${this.on.dtype}`, dtype, TypeError);
    });
  }

  private noteLayer(applied: Layer, label: string): void {
    if (this.modes.some(({ layer }) => layer === applied)) return;
    for (const layer of applied.family()) this.modes.push({ layer, training: layer.training });
    for (const [name, tensor] of Object.entries(applied.stateDict())) {
      this.tensors.push({ name: `${label}.${name}`, tensor });
    }
  }

  private expand(layer: Layer, label: string, nodes: readonly Node[]): Node | readonly Node[] {
    this.containers.push({ layer, prefix: `${label}.` });
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
    if (operand instanceof GraphNode && operand.trace === this && this.open) return operand;
    if (isNode(operand)) throw new Error(`${this.name}: ${label}: operand ${i} ${foreign}`);
    if (typeof operand === 'number') return this.constantOf(operand);
    if (!(operand instanceof Tensor)) {
      return reject(`${this.name}: ${label}`, `operand ${i}`, 'a node, a Tensor or a number', operand, TypeError);
    }
    if (operand.core !== this.on.core) {
      throw new TypeError(`${this.name}: ${label}: operand ${i} belongs to another core`);
    }
    return this.leaves.get(operand) ?? this.leafOf(label, operand, i);
  }

  private leafOf(label: string, tensor: Tensor, i: number): GraphNode {
    const { shape, dtype } = tensor;
    if (dtype !== 'i32' && dtype !== this.on.dtype) {
      reject(`${this.name}: ${label}`, `operand ${i}`, `dtype ${this.on.dtype}`, dtype, TypeError);
    }
    const kind = tensor instanceof Parameter ? 'parameter' : 'constant';
    const given = tensor instanceof Parameter ? this.container.layer.admit?.(tensor) : undefined;
    const value = kind === 'constant' && tensor.size === 1 ? String(tensor.data[0]) : `${kind} ${show(shape)}`;
    const leaf = new GraphNode(this, shape, dtype, { kind: 'tensor', tensor, name: given ?? value });
    this.leaves.set(tensor, leaf);
    this.tensors.push({ name: given ?? kind, tensor });
    return leaf;
  }

  private constantOf(value: number): GraphNode {
    const dtype: FloatDType = this.on.dtype;
    const isNegativeZero = Object.is(value, -0); // which a Map takes for 0
    const known = isNegativeZero ? undefined : this.constants.get(value);
    if (known) return known;
    const tensor = this.own(Tensor.empty(this.on.core, [], dtype));
    tensor.data[0] = value; // any number: NaN and ±∞ are constants too
    const constant = new GraphNode(this, [], dtype, { kind: 'tensor', tensor, name: String(value) });
    if (!isNegativeZero) this.constants.set(value, constant);
    return constant;
  }

  /** Runs `action` with all layers in the modes that they were in when this was traced. */
  inItsModes<T>(action: () => T): T {
    const now = this.modes.map(({ layer }) => layer.training);
    const set = (modes: readonly boolean[]) => this.modes.forEach(({ layer }, i) => void (layer.training = modes[i]));
    set(this.modes.map(({ training }) => training));
    try {
      return action();
    } finally {
      set(now);
    }
  }

  /** Gives back what was made for this computation alone: constants, activations of layers that run themselves. */
  dispose(): void {
    for (const thing of this.owned) thing.dispose();
  }
}
