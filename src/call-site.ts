import type { Core } from './core/core.ts';
import { Storage } from './core/storage.ts';
import { arrayOf, type DType } from './dtype.ts';
import { type Shape, sameShape, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';

/**
 * What one place in a network keeps between its forward and its backward: the buffers it owns and the tensors and
 * numbers it remembers. A buffer is kept for the largest shape seen so far, so a warm step allocates nothing.
 */
export class CallSite {
  private readonly core: Core;
<<<<<<< HEAD
  private buffers = new Map<string, { storage: Storage; tensor: Tensor }>();
  private saved = new Map<string, Tensor>();
=======
  private readonly buffers = new Map<string, { storage: Storage; tensor: Tensor }>();
  private readonly saved = new Map<string, Tensor>();
  private readonly numbers = new Map<string, number>();
  private readonly views = new Map<string, { of: Tensor; view: Tensor }>();
>>>>>>> optim

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

<<<<<<< HEAD
  /** Runs `action` on an empty call-site and gives its buffers back; what was kept here is there again afterwards. */
  aside<T>(action: () => T): T {
    const { buffers, saved } = this;
    this.buffers = new Map();
    this.saved = new Map();
    try {
      return action();
    } finally {
      this.dispose();
      this.buffers = buffers;
      this.saved = saved;
    }
  }

  /** Gives all buffers back. */
=======
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

  /** Gives all buffers and views back. */
>>>>>>> optim
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
  }
}
