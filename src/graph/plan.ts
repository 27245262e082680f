// A plan says where everything lies before anything runs. Time is counted in steps: step i of n runs forward at time i
// and backward at time 2n − 1 − i. A buffer lives from the time that writes it to the last that reads it, buffers whose
// lives do not meet share memory (layout.ts), and what a caller sees, results and the inputs' gradients, lives on.
//
//   forward    a view has its operand's memory, an elementwise step takes it over where nobody reads it any more
//   backward   see gradient-plan.ts
//
// What backward reads is kept to its very end, so that it may run again.

import { arrayOf } from '../dtype.ts';
import type { TensorSpec } from '../operation.ts';
import { sameShape, sizeOf } from '../shape.ts';
import { aligned, layOut } from './layout.ts';
import type { GraphNode, Step } from './node.ts';
import { Wanted } from './wanted.ts';

/** Memory of the graph's own: bytes that are in use for some time. */
export class Buffer {
  readonly bytes: number;
  readonly first: number;
  last: number;
  /** Where it lies in the graph's block, once the plan is laid out. */
  offset = 0;

  constructor(bytes: number, first: number) {
    this.bytes = bytes;
    this.first = first;
    this.last = first;
  }

  /** Stays in use until `time` at least. */
  use(time: number): void {
    if (time > this.last) this.last = time;
  }
}

/** A tensor to be: in a buffer, or with the memory of a tensor from outside. */
export interface Ref extends TensorSpec {
  readonly at: Buffer | External;
}

/** A tensor that is handed in: a graph's argument, a constant, an upstream gradient, a parameter's gradient. */
export interface External {
  readonly kind: 'input' | 'tensor' | 'upstream' | 'gradient';
  readonly node: GraphNode;
  /** Which argument of the call, for inputs and upstream gradients. */
  readonly index: number;
}

/** One thing to do forward: a step, or a copy where a view may not share memory. */
export interface ForwardAction {
  readonly step: Step;
  readonly inputs: readonly Ref[];
  readonly outputs: readonly Ref[];
  readonly saved: readonly Ref[];
}

export interface PlanOptions {
  /** Whether to keep what backward needs. */
  readonly keep: boolean;
  /** Whether buffers may share memory. */
  readonly share: boolean;
}

/** The forward half of a plan. */
export class ForwardPlan {
  readonly options: PlanOptions;
  /** The steps that the results need, in order. */
  readonly steps: readonly Step[];
  readonly results: readonly GraphNode[];
  readonly wanted: Wanted;
  readonly buffers: Buffer[] = [];
  readonly actions: ForwardAction[] = [];
  private readonly refs = new Map<GraphNode, Ref>();
  /** For each node, the index of the last step that reads it. */
  private readonly lastRead = new Map<GraphNode, number>();
  /** Nodes whose elements backward reads, and results. */
  private readonly pinned = new Set<GraphNode>();
  /** The nodes that lie in a buffer: several where views or steps in place share it. */
  private readonly tenants = new Map<Buffer, GraphNode[]>();

  constructor(
    inputs: readonly GraphNode[],
    steps: readonly Step[],
    results: readonly GraphNode[],
    options: PlanOptions,
  ) {
    this.options = options;
    this.results = results;
    this.steps = neededSteps(steps, results);
    this.wanted = new Wanted(inputs, this.steps);
    this.steps.forEach((step, i) => void this.noteReads(step, i));
    for (const result of results) this.pinned.add(result);
    this.steps.forEach((step, i) => void this.place(step, i));
    for (const node of this.pinned) this.use(node, this.end);
  }

  /** After everything: what lives until then is there for the caller. */
  get end(): number {
    return 2 * this.steps.length;
  }

  /** Where a node's value lies. */
  refOf(node: GraphNode): Ref {
    const known = this.refs.get(node);
    if (known) return known;
    const { shape, dtype, source } = node;
    if (source.kind === 'step') throw new Error('simdgrad: internal error: a value that no step computes');
    const index = source.kind === 'input' ? source.index : 0;
    const ref: Ref = { shape, dtype, at: { kind: source.kind, node, index } };
    this.refs.set(node, ref);
    return ref;
  }

  /** A new buffer. */
  allocate(spec: TensorSpec, time: number): Ref {
    const buffer = new Buffer(bytesOf(spec), time);
    this.buffers.push(buffer);
    return { shape: spec.shape, dtype: spec.dtype, at: buffer };
  }

  /** Whether backward reads a value's elements, or a caller. */
  isKept(node: GraphNode): boolean {
    return this.pinned.has(node);
  }

  private use(node: GraphNode, time: number): void {
    const { at } = this.refOf(node);
    if (at instanceof Buffer) at.use(time);
  }

  private noteReads(step: Step, i: number): void {
    const { inputs, outputs, application } = step;
    for (const input of inputs) this.lastRead.set(input, i);
    if (!this.options.keep || !outputs.some((output) => this.wanted.all.has(output))) return;
    const { readsInputs = [] } = application;
    const read = typeof readsInputs === 'function' ? readsInputs(this.wanted.of(step)) : readsInputs;
    for (const j of read) this.pinned.add(inputs[j]);
    for (const k of application.readsOutputs ?? []) this.pinned.add(outputs[k]);
  }

  private place(step: Step, time: number): void {
    const { application, inputs, outputs } = step;
    for (const input of inputs) this.use(input, time);
    const shared = this.sharedWith(step, time);
    outputs.forEach((node, k) => {
      const ref = k === 0 && shared ? { ...specOf(node), at: this.refOf(shared).at } : this.allocate(node, time);
      this.refs.set(node, ref);
      if (ref.at instanceof Buffer) {
        this.tenants.set(ref.at, [...(this.tenants.get(ref.at) ?? []), node]);
        ref.at.use(time);
      }
    });
    const saved = (application.saved ?? []).map((spec) => this.allocate(spec, time));
    if (this.options.keep) for (const { at } of saved) (at as Buffer).use(this.end);
    if (application.view && shared) return;
    const refs = (nodes: readonly GraphNode[]) => nodes.map((node) => this.refOf(node));
    this.actions.push({ step, inputs: refs(inputs), outputs: refs(outputs), saved });
  }

  /** The operand whose memory the first output has, if any. */
  private sharedWith({ application, inputs }: Step, time: number): GraphNode | undefined {
    if (!this.options.share) return undefined;
    if (application.view) return inputs[0];
    const candidates = (application.inPlace ?? []).map((i) => inputs[i]);
    return candidates.find((candidate) => this.isFree(candidate, inputs, time));
  }

  /** Whether nobody reads the memory of `node` after the step at `time`, which reads it as operands of one shape. */
  private isFree(node: GraphNode, operands: readonly GraphNode[], time: number): boolean {
    const { at } = this.refOf(node);
    if (!(at instanceof Buffer)) return false;
    return (this.tenants.get(at) as GraphNode[]).every(
      (tenant) =>
        !this.pinned.has(tenant) &&
        (this.lastRead.get(tenant) ?? 0) <= time &&
        (!operands.includes(tenant) || sameShape(tenant.shape, node.shape)),
    );
  }
}

/** Gives every buffer its offset; returns the size of the block that holds them all. */
export function place(buffers: readonly Buffer[], share: boolean): number {
  const end = Math.max(0, ...buffers.map(({ last }) => last));
  const { offsets, bytes } = layOut(share ? buffers : buffers.map((buffer) => ({ ...buffer, first: 0, last: end })));
  buffers.forEach((buffer, i) => {
    buffer.offset = offsets[i];
  });
  return bytes;
}

export const bytesOf = ({ shape, dtype }: TensorSpec): number =>
  aligned(sizeOf(shape) * arrayOf(dtype).BYTES_PER_ELEMENT);

const specOf = ({ shape, dtype }: TensorSpec): TensorSpec => ({ shape, dtype });

/** The steps that the results depend on, in the order in which they were written down. */
function neededSteps(steps: readonly Step[], results: readonly GraphNode[]): Step[] {
  const needed = new Set<Step>();
  const need = (node: GraphNode) => {
    if (node.source.kind === 'step') needed.add(node.source.step);
  };
  results.forEach(need);
  for (const step of [...steps].reverse()) if (needed.has(step)) step.inputs.forEach(need);
  return steps.filter((step) => needed.has(step));
}
