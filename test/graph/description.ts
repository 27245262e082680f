import type { Shape } from '../reference/index-space.ts';
import { type Dims, type Range, Tape, type Value, type Values } from '../reference/tape.ts';

/** Gates by name. Whatever makes nodes can run a description: the tape, or the library's own gates. */
export interface Gates<Node> {
  add(a: Node | number, b: Node | number): Node;
  sub(a: Node | number, b: Node | number): Node;
  mul(a: Node | number, b: Node | number): Node;
  div(a: Node | number, b: Node | number): Node;
  maximum(a: Node | number, b: Node | number): Node;
  minimum(a: Node | number, b: Node | number): Node;
  pow(a: Node | number, b: Node | number): Node;
  neg(x: Node): Node;
  exp(x: Node): Node;
  log(x: Node): Node;
  sqrt(x: Node): Node;
  square(x: Node): Node;
  abs(x: Node): Node;
  relu(x: Node): Node;
  sigmoid(x: Node): Node;
  tanh(x: Node): Node;
  clamp(x: Node, low: number, high: number): Node;
  sum(x: Node, dim: Dims | undefined, options: { keepdim: boolean }): Node;
  mean(x: Node, dim: Dims | undefined, options: { keepdim: boolean }): Node;
  max(x: Node, dim: Dims | undefined, options: { keepdim: boolean }): Node;
  softmax(x: Node, dim: number): Node;
  matmul(a: Node, b: Node): Node;
  transpose(x: Node, dim0: number, dim1: number): Node;
  permute(x: Node, dims: number[]): Node;
  reshape(x: Node, shape: number[]): Node;
  concat(nodes: Node[], dim: number): Node;
  split(x: Node, sizes: number | number[], dim: number): Node[];
  slice(x: Node, ranges: Range[]): Node;
  pad(x: Node, padding: number[], value: number): Node;
  gather(x: Node, dim: number, index: Values): Node;
  indexSelect(x: Node, dim: number, index: Values): Node;
  where(condition: Values, a: Node | number, b: Node | number): Node;
}

export type GateName = keyof Gates<unknown>;

/** A reference to an earlier node: the inputs come first, then what each step makes, in order. */
export interface NodeRef {
  readonly node: number;
}

/** One call of a gate. Every argument stands as the gate wants it, but for references to nodes, alone or in an array. */
export interface Step {
  readonly gate: GateName;
  readonly args: readonly unknown[];
}

/** A graph as data. */
export interface Description {
  readonly inputs: readonly Shape[];
  readonly steps: readonly Step[];
  readonly outputs: readonly number[];
}

export const isRef = (argument: unknown): argument is NodeRef =>
  typeof argument === 'object' && argument !== null && 'node' in argument;

/** What a step's gate makes of its arguments: one node, or several for split. */
export function runStep<Node>({ gate, args }: Step, gates: Gates<Node>, nodes: readonly Node[]): Node[] {
  const resolve = (argument: unknown): unknown =>
    isRef(argument) ? nodes[argument.node] : Array.isArray(argument) ? argument.map(resolve) : argument;
  const call = gates[gate] as (this: Gates<Node>, ...args: unknown[]) => Node | Node[];
  return [call.apply(gates, args.map(resolve))].flat() as Node[];
}

/** The outputs of the graph, built of these gates over these inputs. */
export function runOn<Node>({ steps, outputs }: Description, gates: Gates<Node>, inputs: readonly Node[]): Node[] {
  const nodes = [...inputs];
  for (const step of steps) nodes.push(...runStep(step, gates, nodes));
  return outputs.map((k) => nodes[k]);
}

/** Outputs, and the gradient of every input under these upstream gradients of the outputs. */
export function runOnTape(
  description: Description,
  inputs: readonly ArrayLike<number>[],
  upstream: readonly ArrayLike<number>[] = [],
) {
  const tape = new Tape();
  const leaves = description.inputs.map((shape, k) => tape.leaf(shape, inputs[k]));
  const outputs = runOn<Value>(description, tape, leaves);
  tape.backward(upstream.map((dy, k) => [outputs[k], dy]));
  return { outputs, gradients: leaves.map(({ grad }) => grad), margin: tape.margin };
}

/** The graph as code, for whoever reads a counterexample. */
export function sourceOf({ inputs, steps, outputs }: Description): string {
  const counted = new Tape();
  const nodes = inputs.map((shape) => counted.leaf(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0.5)));
  const written = (argument: unknown): string => {
    if (isRef(argument)) return `n${argument.node}`;
    if (Array.isArray(argument)) return `[${argument.map(written).join(', ')}]`;
    return typeof argument === 'object' ? JSON.stringify(argument) : String(argument);
  };
  const lines = steps.map((step) => {
    const made = runStep<Value>(step, counted, nodes);
    const names = made.map((_, k) => `n${nodes.length + k}`);
    nodes.push(...made);
    const left = step.gate === 'split' ? `[${names.join(', ')}]` : names[0];
    const shapes = made.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
    return `  const ${left} = ${step.gate}(${step.args.map(written).join(', ')}); // ${shapes}`;
  });
  const parameters = inputs.map((shape, k) => `n${k} /* [${shape.join(', ')}] */`);
  return `(${parameters.join(', ')}) => {\n${lines.join('\n')}\n  return [${outputs.map((k) => `n${k}`).join(', ')}];\n}`;
}
