import { checkAlive } from '../check-tensor.ts';
import type { Storage } from '../core/storage.ts';
import { checkIndices } from '../geometry/gather.ts';
import { Layer } from '../layers/layer.ts';
import type { Parameter } from '../parameter.ts';
import { sameShape } from '../shape.ts';
import { Tensor } from '../tensor.ts';
import { type Action, type Frame, forwardAction, passAction } from './action.ts';
import type { Arena } from './arena.ts';
import { planFor } from './given.ts';
import { type BackwardAction, GradientPlan } from './gradient-plan.ts';
import type { GraphNode, Step } from './node.ts';
import { Buffer, bytesOf, type External, ForwardPlan, type PlanOptions, place, type Ref } from './plan.ts';
import type { TracedNode } from './traced-node.ts';
import type { Tracing } from './tracing.ts';
import { Upstream, type UpstreamGradient } from './upstream.ts';

/** A place in a list that holds a tensor from outside, seen under a shape that may not be the tensor's own. */
interface Opening {
  readonly external: External;
  readonly list: (Tensor | undefined)[];
  readonly at: number;
  readonly ref: Ref;
  /** The tensor that was put there last. */
  last: Tensor | undefined;
}

/** What backward does where gradients of certain results are given. */
interface BackwardPass {
  /** For each result, whether its gradient is given. */
  readonly given: readonly boolean[];
  /** For all gradients. */
  readonly actions: readonly Action[];
  /** For those of parameters alone. */
  readonly parameterActions: readonly Action[];
  readonly openings: readonly Opening[];
  /** The parameters of layers, whose gradients are made before any kernel runs. */
  readonly parameters: readonly Parameter[];
  readonly has: (ref: Ref) => boolean;
}

/** What a graph does for inputs of given shapes: a traced computation, its plan, and the tensors to run it on. */
export class Program {
  readonly tracing: Tracing;
  readonly keep: boolean;
  readonly forwardPlan: ForwardPlan;
  readonly gradientPlan: GradientPlan | undefined;
  /** Bytes of the graph's block. */
  readonly bytes: number;
  /** The results of the last forward. */
  readonly results: Tensor[] = [];
  /** The inputs of the last forward. */
  readonly inputs: Tensor[] = [];
  readonly upstream: Upstream;
  readonly inputGradients: (Tensor | undefined)[] = [];
  private readonly arena: Arena;
  private bound: Storage | undefined;
  private tensors = new Map<Ref, Tensor>();
  private readonly views = new Set<Tensor>();
  private frames = new Map<Step, Frame>();
  private forwardActions: Action[] = [];
  /** One for each set of results whose gradients were given so far. */
  private backwardPasses: BackwardPass[] = [];
  private openings: Opening[] = [];
  private table: Tensor | undefined;
  /** Where each step's numbers begin in the table. */
  private readonly tableStarts = new Map<Step, number>();

  constructor(tracing: Tracing, results: readonly GraphNode[], arena: Arena, options: PlanOptions) {
    this.tracing = tracing;
    this.keep = options.keep;
    this.arena = arena;
    this.upstream = new Upstream(tracing.on);
    this.forwardPlan = new ForwardPlan(tracing.inputs, tracing.steps, results, options);
    this.gradientPlan = options.keep ? new GradientPlan(this.forwardPlan, tracing.inputs) : undefined;
    this.bytes = place(this.forwardPlan.buffers, options.share);
  }

  /** Whether this program is for inputs like these and layers in the mode that they are in. */
  suits(inputs: readonly Tensor[], keep: boolean): boolean {
    const { tracing } = this;
    if (this.keep !== keep || inputs.length !== tracing.inputs.length) return false;
    for (let i = 0; i < inputs.length; i++) {
      const { shape, dtype } = tracing.inputs[i];
      if (inputs[i].dtype !== dtype || !sameShape(inputs[i].shape, shape)) return false;
    }
    for (let i = 0; i < tracing.modes.length; i++) {
      const { layer, training } = tracing.modes[i];
      if (layer.training !== training) return false;
    }
    return true;
  }

  /** Makes sure that a pass can run; nothing has changed when it throws. */
  ready(call: string, inputs: readonly Tensor[]): void {
    const { tensors } = this.tracing;
    for (let i = 0; i < inputs.length; i++) this.refuseOwn(call, this.tracing.inputs[i].expression(), inputs[i]);
    for (let i = 0; i < tensors.length; i++) checkAlive(call, tensors[i].name, tensors[i].tensor);
    this.checkIndices(inputs);
    this.bind();
  }

  /** Computes the results, once all is ready. */
  forward(inputs: readonly Tensor[]): readonly Tensor[] {
    for (let i = 0; i < inputs.length; i++) this.inputs[i] = inputs[i];
    this.upstream.isTaken = false;
    this.open(this.openings, inputs);
    const actions = this.forwardActions;
    for (let i = 0; i < actions.length; i++) actions[i].run();
    return this.results;
  }

  /** Adds to the gradients of parameters and, where wanted, computes those of the inputs. */
  backward(call: string, given: readonly UpstreamGradient[], wanted: boolean): readonly (Tensor | undefined)[] {
    const { inputs, results } = this;
    for (let i = 0; i < inputs.length; i++) {
      const node = this.tracing.inputs[i];
      if (this.forwardPlan.isKept(node)) checkAlive(call, node.expression(), inputs[i]);
    }
    for (let k = 0; k < given.length; k++) {
      const dy = given[k];
      if (dy instanceof Tensor && !results.includes(dy)) this.refuseOwn(call, 'dy', dy);
    }
    this.ready(call, inputs);
    const upstream = this.upstream.take(call, given, results);
    const pass = this.passFor(upstream);
    this.open(pass.openings, upstream);
    for (let i = 0; i < pass.parameters.length; i++) void pass.parameters[i].grad;
    const actions = wanted ? pass.actions : pass.parameterActions;
    for (let i = 0; i < actions.length; i++) actions[i].run();
    return this.inputGradients;
  }

  /** Every value, and its gradient if backward has run. Of a program whose buffers share no memory. */
  values(): TracedNode[] {
    const { tracing, forwardPlan, gradientPlan, upstream } = this;
    const pass = upstream.isTaken ? this.passFor(upstream.tensors) : undefined;
    const nodes = new Set<GraphNode>(tracing.inputs);
    for (const { inputs, outputs } of forwardPlan.steps) for (const node of [...inputs, ...outputs]) nodes.add(node);
    return [...nodes].map((node) => {
      const { shape } = node;
      const place = pass && gradientPlan?.placeOf(node);
      return {
        name: node.expression(),
        operation: operationOf(node),
        shape,
        value: this.tensorFor(forwardPlan.refOf(node)).toArray(),
        gradient: place && pass.has(place) ? this.tensorFor(place).toArray() : undefined,
      };
    });
  }

  /** What each operation would take by itself: every output, everything saved, and every gradient of an input. */
  get naiveBytes(): number {
    let bytes = 0;
    for (const { application, inputs, outputs } of this.forwardPlan.steps) {
      for (const output of outputs) bytes += bytesOf(output);
      for (const spec of application.saved ?? []) bytes += bytesOf(spec);
      if (!this.gradientPlan) continue;
      for (const input of inputs) if (this.forwardPlan.wanted.all.has(input)) bytes += bytesOf(input);
    }
    return bytes;
  }

  dispose(): void {
    this.unbind();
    this.arena.leave(this);
    this.table?.dispose();
    this.upstream.dispose();
    this.tracing.dispose();
  }

  /** An argument must not lie where the pass writes. */
  private refuseOwn(call: string, argument: string, tensor: Tensor): void {
    if (!this.arena.holds(tensor)) return;
    throw new Error(`${call}: ${argument} is a tensor of this graph, which the pass overwrites: clone() it`);
  }

  private checkIndices(inputs: readonly Tensor[]): void {
    const { indexBounds } = this.tracing;
    for (let i = 0; i < indexBounds.length; i++) {
      const { node, bound, call } = indexBounds[i];
      const { source } = node;
      const tensor = source.kind === 'input' ? inputs[source.index] : (source as { tensor: Tensor }).tensor;
      const { smallestIndex, largestIndex } = this.tracing.on.core.kernels.f32;
      checkIndices(
        call,
        'index',
        smallestIndex(tensor.address, tensor.size),
        largestIndex(tensor.address, tensor.size),
        bound,
      );
    }
  }

  /** Makes the tensors over the arena's block, unless they are there. */
  private bind(): void {
    if (!this.bound) {
      // Before the block: where memory runs out, nothing has changed.
      this.writeTables();
      for (const { application } of this.forwardPlan.steps) application.reserve?.();
    }
    const storage = this.arena.storage(Math.max(this.bytes, 1), this);
    if (this.bound !== storage) this.bindTo(storage);
  }

  private bindTo(storage: Storage): void {
    this.unbind();
    this.bound = storage;
    this.forwardActions = this.forwardPlan.actions.map(({ step, inputs, outputs, saved }) => {
      const frame: Frame = { step, inputs: [], outputs: [], saved: [], table: this.tableOf(step) };
      this.fill(frame.inputs, inputs);
      this.fill(frame.outputs, outputs);
      this.fill(frame.saved, saved);
      this.frames.set(step, frame);
      return forwardAction(step.application, frame);
    });
    this.results.length = 0;
    this.fill(
      this.results,
      this.forwardPlan.results.map((node) => this.forwardPlan.refOf(node)),
    );
    if (!this.gradientPlan) return;
    this.inputGradients.length = 0;
    this.fill(this.inputGradients, this.gradientPlan.inputGradients);
  }

  /** What to do where these results' gradients are given. */
  private passFor(upstream: readonly (Tensor | undefined)[]): BackwardPass {
    for (let p = 0; p < this.backwardPasses.length; p++) {
      const pass = this.backwardPasses[p];
      if (isFor(pass.given, upstream)) return pass;
    }
    const given = upstream.map((dy) => dy !== undefined);
    const plan = planFor(this.gradientPlan as GradientPlan, given);
    const { trained } = this.forwardPlan.wanted;
    const openings: Opening[] = [];
    const actions = this.bindBackward(plan.actions, openings, () => true);
    const parameterActions = this.bindBackward(plan.actions, openings, (node) => trained.has(node));
    const parameters = plan.actions.flatMap((action) =>
      action.kind === 'step' && action.step.operation instanceof Layer ? action.step.operation.parameters() : [],
    );
    const pass = { given, actions, parameterActions, openings, parameters, has: plan.has };
    this.backwardPasses.push(pass);
    return pass;
  }

  /** The backward actions that make gradients of the nodes asked for. */
  private bindBackward(
    planned: readonly BackwardAction[],
    openings: Opening[],
    asked: (node: GraphNode) => boolean,
  ): Action[] {
    const actions: Action[] = [];
    for (const action of planned) {
      if (action.kind !== 'step') {
        if (!asked(action.of)) continue;
        const [tos, froms]: [Tensor[], Tensor[]] = [[], []];
        this.fill(tos, [action.to], openings);
        this.fill(froms, [action.from], openings);
        actions.push(passAction(action.kind, tos, froms));
        continue;
      }
      const { step, accumulate } = action;
      const wanted = action.inputs.map((ref, i) => (ref && asked(step.inputs[i]) ? ref : undefined));
      if (!step.application.hasParameters && wanted.every((ref) => !ref)) continue;
      const gradients = { outputs: [] as Tensor[], inputs: [] as Tensor[], accumulate };
      this.fill(gradients.outputs, action.outputs, openings);
      this.fill(gradients.inputs, wanted, openings);
      const frame = this.frames.get(step) as Frame;
      actions.push({ run: () => step.application.backward?.(frame, gradients) });
    }
    return actions;
  }

  /** Fills a list with the tensors at these places, and remembers those that come from outside. */
  private fill(list: (Tensor | undefined)[], refs: readonly (Ref | undefined)[], openings = this.openings): void {
    refs.forEach((ref, at) => {
      if (!ref) list[at] = undefined;
      else if (ref.at instanceof Buffer) list[at] = this.tensorOf(ref);
      else if (ref.at.node.source.kind === 'tensor' && ref.at.kind === 'tensor') {
        list[at] = this.seenAs(ref.at.node.source.tensor, ref);
      } else {
        openings.push({ external: ref.at, list, at, ref, last: undefined });
      }
    });
  }

  /** Puts tensors from outside, the call's or parameters' gradients, where the program expects them. */
  private open(openings: readonly Opening[], tensors: readonly (Tensor | undefined)[]): void {
    for (let i = 0; i < openings.length; i++) {
      const { external } = openings[i];
      const { parameter } = external.node;
      const isGradient = external.kind === 'gradient' && parameter !== undefined;
      this.put(openings[i], (isGradient ? parameter.grad : tensors[external.index]) as Tensor);
    }
  }

  private put(opening: Opening, tensor: Tensor): void {
    if (opening.last === tensor) return;
    opening.last = tensor;
    const { list, at, ref } = opening;
    const before = list[at];
    list[at] = this.seenAs(tensor, ref);
    if (before && this.views.delete(before)) before.dispose();
  }

  /** A tensor from outside under the shape of a place in the plan. */
  private seenAs(tensor: Tensor, { shape }: Ref): Tensor {
    if (sameShape(tensor.shape, shape)) return tensor;
    const view = tensor.reshape(shape);
    this.views.add(view);
    return view;
  }

  private tensorFor(ref: Ref): Tensor {
    const { at } = ref;
    if (at instanceof Buffer) return this.tensorOf(ref);
    const { source, parameter } = at.node;
    if (at.kind === 'input') return this.inputs[at.index];
    if (at.kind === 'upstream') return this.upstream.tensors[at.index] as Tensor;
    return at.kind === 'gradient' && parameter ? parameter.grad : (source as { tensor: Tensor }).tensor;
  }

  private tensorOf(ref: Ref): Tensor {
    const known = this.tensors.get(ref);
    if (known) return known;
    const storage = this.bound as Storage;
    storage.retain();
    const tensor = new Tensor(storage, Object.freeze([...ref.shape]), ref.dtype, (ref.at as Buffer).offset);
    this.tensors.set(ref, tensor);
    return tensor;
  }

  /** All steps' tables, one behind another. */
  private writeTables(): void {
    if (this.table) return;
    const numbers: number[] = [];
    for (const step of this.forwardPlan.steps) {
      this.tableStarts.set(step, numbers.length);
      numbers.push(...(step.application.table ?? []));
    }
    if (numbers.length === 0) return;
    this.table = Tensor.from(Int32Array.from(numbers), [numbers.length], { core: this.tracing.on.core });
  }

  private tableOf(step: Step): number {
    const start = this.tableStarts.get(step) ?? 0;
    return this.table ? this.table.address + Int32Array.BYTES_PER_ELEMENT * start : 0;
  }

  /** Gives the tensors over the block back. */
  unbind(): void {
    for (const tensor of this.tensors.values()) tensor.dispose();
    for (const view of this.views) view.dispose();
    this.tensors = new Map();
    this.frames = new Map();
    this.views.clear();
    this.openings = [];
    this.backwardPasses = [];
    this.bound = undefined;
  }
}

function isFor(given: readonly boolean[], upstream: readonly unknown[]): boolean {
  for (let k = 0; k < given.length; k++) if (given[k] !== (upstream[k] !== undefined)) return false;
  return true;
}

function operationOf({ source, parameter }: GraphNode): string {
  if (source.kind === 'step') return source.step.label;
  if (source.kind === 'input') return 'input';
  return parameter ? 'parameter' : 'constant';
}
