import type { Core } from './core/core.ts';
import { Storage } from './core/storage.ts';
import { arrayOf, type DType } from './dtype.ts';
import type { Application, TensorSpec } from './operation.ts';
import { type Shape, sameShape, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';

/** An application with the tensors of its last forward. */
export interface Placed {
  readonly application: Application;
  /** Whether the layer was training when the application was prepared. */
  readonly training: boolean;
  readonly inputs: Tensor[];
  readonly outputs: Tensor[];
  readonly saved: Tensor[];
  table: number;
  readonly gradients: { outputs: Tensor[]; inputs: (Tensor | undefined)[]; accumulate: boolean[] };
}

/**
 * What one place in a network keeps between its forward and its backward: the buffers it owns and the tensors and
 * numbers it remembers. A buffer is kept for the largest shape seen so far, so a warm step allocates nothing.
 */
export class CallSite {
  private readonly core: Core;
  private readonly buffers = new Map<string, { storage: Storage; tensor: Tensor }>();
  private readonly saved = new Map<string, Tensor>();
  private readonly numbers = new Map<string, number>();
  private readonly views = new Map<string, { of: Tensor; view: Tensor }>();
  private placed: Placed | undefined;
  /** The arguments of the call that is being made. */
  readonly given: Tensor[] = [];

  constructor(core: Core) {
    this.core = core;
  }

  /** This site's buffer of that name; the same tensor as long as the shape stays. Contents are undefined at first. */
  buffer(name: string, shape: Shape, dtype: DType): Tensor {
    const held = this.buffers.get(name);
    if (held && held.tensor.dtype === dtype && sameShape(held.tensor.shape, shape) && !held.tensor.isDisposed) {
      return held.tensor;
    }
    const bytes = sizeOf(shape) * arrayOf(dtype).BYTES_PER_ELEMENT;
    let storage = held?.storage;
    if (!storage || storage.bytes < bytes) {
      storage = new Storage(this.core, bytes);
      held?.storage.release();
    }
    storage.retain();
    const tensor = new Tensor(storage, Object.freeze([...shape]), dtype);
    held?.tensor.dispose();
    this.buffers.set(name, { storage, tensor });
    return tensor;
  }

  /** Keeps a tensor for backward, without taking it over. */
  save(name: string, tensor: Tensor): void {
    this.saved.set(name, tensor);
  }

  /** The tensor kept under that name. Throws when forward has not run. */
  recall(call: string, name: string): Tensor {
    const tensor = this.saved.get(name);
    if (!tensor) throw new Error(`${call}: no forward pass to go back through`);
    return tensor;
  }

  /** Keeps a number for backward. */
  note(name: string, value: number): void {
    this.numbers.set(name, value);
  }

  /** The number kept under that name. Throws when forward has not run. */
  noted(call: string, name: string): number {
    const value = this.numbers.get(name);
    if (value === undefined) throw new Error(`${call}: no forward pass to go back through`);
    return value;
  }

  /** `tensor` under another shape of as many elements; the same view as long as it is the same tensor and shape. */
  view(name: string, tensor: Tensor, shape: Shape): Tensor {
    const held = this.views.get(name);
    if (held && held.of === tensor && sameShape(held.view.shape, shape) && !held.view.isDisposed) return held.view;
    const view = tensor.reshape(shape);
    held?.view.dispose();
    this.views.set(name, { of: tensor, view });
    return view;
  }

  /** The last application, if it was prepared for inputs like these. */
  placedFor(inputs: readonly Tensor[], training: boolean): Placed | undefined {
    const { placed } = this;
    return placed?.training === training && sameSpecs(placed.inputs, inputs) ? placed : undefined;
  }

  /** Runs an application forward in this site's buffers, and remembers it for backward. */
  forward(placed: Placed, inputs: readonly Tensor[]): void {
    const { application, outputs, saved } = placed;
    if (application.view) {
      outputs[0] = this.reshaped('out', inputs[0], application.outputs[0].shape);
    } else {
      this.fill('out', application.outputs, outputs);
      if (application.saved) this.fill('saved', application.saved, saved);
      placed.table = this.tableOf(placed);
    }
    for (let i = 0; i < inputs.length; i++) placed.inputs[i] = inputs[i];
    application.forward?.(placed);
    this.placed = placed;
  }

  /** What forward remembered. Throws when it has not run. */
  recallPlaced(call: string): Placed {
    if (this.placed) return this.placed;
    throw new Error(`${call}: no forward pass to go back through`);
  }

  /** Runs an application backward from the gradients of its outputs; returns the inputs', or leaves them out. */
  backward(placed: Placed, wanted: boolean): readonly (Tensor | undefined)[] {
    const { application, inputs, gradients } = placed;
    const dinputs = gradients.inputs;
    if (application.view) {
      dinputs[0] = wanted ? this.reshaped('dx', gradients.outputs[0], inputs[0].shape) : undefined;
      return dinputs;
    }
    for (let i = 0; i < inputs.length; i++) {
      const { shape, dtype } = inputs[i];
      dinputs[i] = wanted && dtype !== 'i32' ? this.buffer(nameOf('dx', i), shape, dtype) : undefined;
    }
    application.backward?.(placed, gradients);
    return dinputs;
  }

  private fill(name: string, specs: readonly TensorSpec[], into: Tensor[]): void {
    for (let k = 0; k < specs.length; k++) into[k] = this.buffer(nameOf(name, k), specs[k].shape, specs[k].dtype);
  }

  private reshaped(name: string, tensor: Tensor, shape: Shape): Tensor {
    return sameShape(tensor.shape, shape) ? tensor : this.view(name, tensor, shape);
  }

  private tableOf({ application: { table }, table: at }: Placed): number {
    if (!table || at) return at;
    return this.buffer('table', [table.length], 'i32').set(table).address;
  }

  /** Gives all buffers and views back. */
  dispose(): void {
    for (const { view } of this.views.values()) view.dispose();
    for (const { storage, tensor } of this.buffers.values()) {
      tensor.dispose();
      storage.release();
    }
    this.buffers.clear();
    this.saved.clear();
    this.numbers.clear();
    this.views.clear();
    this.placed = undefined;
  }
}

/** An application that has not run yet. */
export function newPlaced(application: Application, inputs: readonly Tensor[], training: boolean): Placed {
  const gradients = { outputs: [], inputs: [], accumulate: [] };
  return { application, training, inputs: [...inputs], outputs: [], saved: [], table: 0, gradients };
}

/** The first of its kind is called by the kind alone. */
const nameOf = (kind: string, index: number): string => (index === 0 ? kind : `${kind} ${index}`);

function sameSpecs(a: readonly Tensor[], b: readonly Tensor[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameShape(a[i].shape, b[i].shape) || a[i].dtype !== b[i].dtype) return false;
  return true;
}
