import type { Core } from './core/core.ts';
import type { DType, FloatDType } from './dtype.ts';
import type { Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** What a tensor will be: known before any memory is. */
export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Where an operation runs: a core, and the element type that it computes in. */
export interface Placement {
  readonly core: Core;
  readonly dtype: FloatDType;
}

/**
 * A differentiable function, which does not yet know the shapes it is applied to. Layers are operations with
 * parameters, gates are operations without.
 */
export interface Operation {
  readonly name: string;
  /**
   * The operation for inputs of these shapes. Pure: reads no tensor, allocates nothing in linear memory.
   * @param call what an error message begins with
   * @param on whose kernels will run, and in which element type
   * @throws when the inputs do not suit the operation
   */
  prepare(call: string, inputs: readonly TensorSpec[], on: Placement): Application;
}

/**
 * An operation applied to inputs of given shapes: what it computes, and all that whoever provides its memory must
 * know. A layer that is called directly provides its own; a graph plans one block for all of its nodes.
 */
export interface Application {
  readonly outputs: readonly TensorSpec[];
  /** Tensors besides inputs and outputs that forward writes and backward reads: mean and rstd, argmax. */
  readonly saved?: readonly TensorSpec[];
  /** Whole numbers that the kernels read, in linear memory: the axes of a broadcast. */
  readonly table?: readonly number[];
  /** The inputs whose elements backward reads, given which inputs' gradients are asked for. Default: none. */
  readonly readsInputs?: readonly number[] | ((asked: readonly boolean[]) => readonly number[]);
  /** The outputs whose elements backward reads. Default: none. */
  readonly readsOutputs?: readonly number[];
  /** The only output is the only input under another shape (or the same): nothing is to be computed. */
  readonly view?: boolean;
  /** Inputs that have the first output's size and whose memory it may take over. Default: none. */
  readonly inPlace?: readonly number[];
  /** Inputs whose gradient may take over the memory of the first output's, where it is the only one. Default: none. */
  readonly inPlaceBackward?: readonly number[];
  /** Inputs whose gradient is the output's, element for element: a sum hands it on. Default: none. */
  readonly handsOn?: readonly number[];
  /**
   * Whether `backward` can add to a gradient that is there already, where `Gradients.accumulate` says so. It then goes
   * through its inputs in order: a value that stands at two of them gets the second gradient added to the first.
   */
  readonly accumulates?: boolean;
  /** Inputs that have no gradient although they are floats: a condition. Default: none. */
  readonly undifferentiable?: readonly number[];
  /** Whether backward adds to parameters. */
  readonly hasParameters?: boolean;
  /** Index inputs: every element must be at least 0 and less than the bound. */
  readonly indexBounds?: readonly { readonly input: number; readonly bound: number }[];
  /** Asks for the most scratch that forward or backward will, so that a graph runs out of memory before any kernel. */
  reserve?(): void;
  /** Computes `site.outputs` and `site.saved` from `site.inputs`. Absent for a view. */
  forward?(site: Site): void;
  /** Overwrites (or adds to) `gradients.inputs` and ADDS to the gradients of parameters. Absent where nothing has any. */
  backward?(site: Site, gradients: Gradients): void;
}

/** The memory of one application: the tensors that forward reads and writes. */
export interface Site {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly saved: readonly Tensor[];
  /** Where `Application.table` lies. */
  readonly table: number;
}

/** The tensors that backward reads and writes. */
export interface Gradients {
  /** dL/d(output); absent for one that reaches no result. */
  readonly outputs: readonly (Tensor | undefined)[];
  /** dL/d(input), to be written; absent for one that nobody asks for. */
  readonly inputs: readonly (Tensor | undefined)[];
  /** Whether to add to that gradient instead of overwriting it. Only where the application accumulates. */
  readonly accumulate: readonly boolean[];
}

/** An operation's place in a computation that is being traced, and the value that comes out of it: see `Graph`. */
export interface Node {
  /** The sizes of the value's axes. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** @internal The computation that the node belongs to. */
  readonly trace: Trace;
}

/** @internal Whether a value is a node, of whatever computation. (A Graph has a method of that name.) */
export const isNode = (value: unknown): value is Node => typeof (value as Node | null | undefined)?.trace === 'object';

/** @internal A computation that is being written down. */
export interface Trace {
  /** The value of a layer applied to nodes of this trace; several where it has several outputs. */
  applyLayer(layer: Operation, nodes: readonly Node[]): Node | readonly Node[];
}
