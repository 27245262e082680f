// The backward half of a plan: the steps in reverse, each turning the gradients of its outputs into gradients of its
// inputs. A value that several steps read collects one gradient from each of them:
//
//   the first       writes it, into the memory of the step's own upstream gradient where the kernel allows
//   a later one     adds to it in its kernel; where it cannot, it writes elsewhere and one more pass adds
//   a step that     such as add or a view hands its upstream gradient on: the same memory under another name, which
//                   is written again only once no other name of it is left to be read
//
// Whether a kernel adds or a pass does is the same with and without shared memory, and so is every bit of the result.

import type { TensorSpec } from '../operation.ts';
import type { GraphNode, Step } from './node.ts';
import { Buffer, type ForwardPlan, type Ref } from './plan.ts';

/** One thing to do backward. `of` are the nodes whose gradients it makes: where nobody wants them, it is left out. */
export type BackwardAction =
  | {
      readonly kind: 'step';
      readonly step: Step;
      readonly outputs: readonly (Ref | undefined)[];
      readonly inputs: readonly (Ref | undefined)[];
      readonly accumulate: readonly boolean[];
    }
  /** to += from, to = from, or to = 0. */
  | { readonly kind: 'add' | 'copy' | 'zero'; readonly to: Ref; readonly from?: Ref; readonly of: GraphNode };

/** A value's gradient on its way: where it lies, and who else goes by the same memory. */
interface Gradient {
  readonly ref: Ref;
  /** How many values' gradients it is; a shared one must not be written. */
  readonly names: { count: number };
}

export class GradientPlan {
  readonly actions: BackwardAction[] = [];
  /** Each float input's gradient; undefined for i32. */
  readonly inputGradients: readonly (Ref | undefined)[];
  /** Where each value's gradient is when its step goes back; the inputs' at the end. */
  private readonly places = new Map<GraphNode, Ref>();
  private readonly forward: ForwardPlan;
  private readonly inputs: readonly GraphNode[];
  private readonly gradients = new Map<GraphNode, Gradient>();

  constructor(forward: ForwardPlan, inputs: readonly GraphNode[]) {
    this.forward = forward;
    this.inputs = inputs;
    const { steps, results } = forward;
    results.forEach((node, index) => void this.receive(node, external(node, 'upstream', index), 0));
    for (let i = steps.length - 1; i >= 0; i--) this.goBackThrough(steps[i], 2 * steps.length - 1 - i);
    this.inputGradients = this.settleInputs(inputs);
  }

  /** Where the inputs' gradients are, of those that have one. */
  get inputPlaces(): { readonly ref: Ref; readonly of: GraphNode }[] {
    return this.inputs.flatMap((of, i) => {
      const ref = this.inputGradients[i];
      return ref ? [{ ref, of }] : [];
    });
  }

  /** Where a value's gradient is once it is whole, if it has one. */
  placeOf(node: GraphNode): Ref | undefined {
    return node.parameter ? external(node, 'gradient', 0).ref : this.places.get(node);
  }

  private goBackThrough(step: Step, time: number): void {
    const { application, inputs, outputs } = step;
    const douts = outputs.map((output) => this.gradients.get(output));
    for (const dout of douts) useRef(dout?.ref, time);
    const asked = this.forward.wanted.of(step);
    if (douts.every((dout) => !dout) || !(application.hasParameters || asked.includes(true))) return;
    const handsOn = application.view ? [0] : (application.handsOn ?? []);
    const computed = inputs.map((_, i) => asked[i] && !handsOn.includes(i));
    // First: what is handed on has another name then, and the step's kernels do not write over it.
    const [dout] = douts;
    for (const i of handsOn) if (asked[i] && dout) this.handOn(inputs[i], dout, time);
    if (application.hasParameters || computed.includes(true)) this.compute(step, time, douts, computed);
    for (let k = 0; k < outputs.length; k++) {
      const gradient = douts[k];
      const output = outputs[k];
      if (!gradient) continue;
      gradient.names.count--;
      this.gradients.delete(output);
      this.places.set(output, gradient.ref);
    }
  }

  /** Plans the step's own kernels. */
  private compute(step: Step, time: number, douts: (Gradient | undefined)[], computed: boolean[]): void {
    const { application, inputs } = step;
    const accumulate: boolean[] = [];
    const late: { node: GraphNode; ref: Ref }[] = [];
    const takesOver = this.canTakeOver(step, douts, computed);
    const dinputs = inputs.map((node, i) => {
      accumulate.push(false);
      if (!computed[i]) return undefined;
      const before = this.gradientOf(node);
      if (before && application.accumulates && isWritable(before)) {
        accumulate[i] = true;
        useRef(before.ref, time);
        return before.ref;
      }
      const place = takesOver
        ? { ...specOf(node), at: (douts[0] as Gradient).ref.at }
        : this.forward.allocate(node, time);
      if (before) late.push({ node, ref: place });
      else this.gradients.set(node, { ref: place, names: { count: 1 } });
      return place;
    });
    const outputs = douts.map((dout) => dout?.ref);
    this.actions.push({ kind: 'step', step, outputs, inputs: dinputs, accumulate });
    for (const { node, ref } of late) this.receive(node, { ref, names: { count: 1 } }, time);
  }

  /** Whether the one gradient to compute may lie where the upstream one does. */
  private canTakeOver({ application, inputs }: Step, [dout]: (Gradient | undefined)[], computed: boolean[]): boolean {
    const i = computed.indexOf(true);
    if (!this.forward.options.share || !application.inPlaceBackward?.includes(i) || computed.lastIndexOf(true) !== i) {
      return false;
    }
    return dout?.ref.at instanceof Buffer && isWritable(dout) && !this.gradientOf(inputs[i]);
  }

  /** Gives a value its step's upstream gradient as it is. */
  private handOn(node: GraphNode, dout: Gradient, time: number): void {
    const { share } = this.forward.options;
    const before = this.gradientOf(node);
    const same = before || share ? { ...specOf(node), at: dout.ref.at } : this.forward.allocate(node, time);
    if (same.at !== dout.ref.at) this.actions.push({ kind: 'copy', to: same, from: dout.ref, of: node });
    dout.names.count++;
    this.receive(node, { ref: same, names: dout.names }, time);
  }

  /** Adds a gradient to what a value has. */
  private receive(node: GraphNode, gradient: Gradient, time: number): void {
    const before = this.gradientOf(node);
    if (!before) {
      this.gradients.set(node, gradient);
      return;
    }
    useRef(before.ref, time);
    useRef(gradient.ref, time);
    if (isWritable(before)) {
      this.actions.push({ kind: 'add', to: before.ref, from: gradient.ref, of: node });
      gradient.names.count--;
    } else if (isWritable(gradient)) {
      this.actions.push({ kind: 'add', to: gradient.ref, from: before.ref, of: node });
      before.names.count--;
      this.gradients.set(node, gradient);
    } else {
      const sum = this.forward.allocate(node, time);
      this.actions.push({ kind: 'copy', to: sum, from: before.ref, of: node });
      this.actions.push({ kind: 'add', to: sum, from: gradient.ref, of: node });
      before.names.count--;
      gradient.names.count--;
      this.gradients.set(node, { ref: sum, names: { count: 1 } });
    }
  }

  /** What a value has so far; a parameter has its own gradient from the start. */
  private gradientOf(node: GraphNode): Gradient | undefined {
    return node.parameter ? external(node, 'gradient', 0) : this.gradients.get(node);
  }

  /** Each input's gradient in memory of its own, which lives on. */
  private settleInputs(inputs: readonly GraphNode[]): (Ref | undefined)[] {
    const { end } = this.forward;
    return inputs.map((node) => {
      if (!this.forward.wanted.all.has(node)) return undefined;
      const gradient = this.gradients.get(node);
      let ref = gradient?.ref;
      if (!gradient || !isWritable(gradient)) {
        if (gradient) {
          useRef(gradient.ref, end);
          gradient.names.count--;
        }
        ref = this.forward.allocate(node, end);
        this.actions.push({ kind: gradient ? 'copy' : 'zero', to: ref, from: gradient?.ref, of: node });
      }
      useRef(ref, end);
      if (ref) this.places.set(node, ref);
      return ref;
    });
  }
}

const specOf = ({ shape, dtype }: TensorSpec): TensorSpec => ({ shape, dtype });

const external = (node: GraphNode, kind: 'upstream' | 'gradient', index: number): Gradient => ({
  ref: { ...specOf(node), at: { kind, node, index } },
  names: { count: kind === 'gradient' ? 1 : Infinity },
});

/** Whether nobody else goes by that memory, so that it may be written: never a caller's own tensor. */
const isWritable = ({ names }: Gradient): boolean => names.count === 1;

function useRef(ref: Ref | undefined, time: number): void {
  if (ref?.at instanceof Buffer) ref.at.use(time);
}
