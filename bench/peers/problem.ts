/** What is computed, and its sizes. Images are [N, C, H, W], weights [O, C/groups, k, k] and [outputs, inputs]. */
export interface Sizes {
  /** a [M, K], b [K, N] → a·b */
  matmul: { M: number; K: number; N: number };
  /** x [rows, inputs], weight, bias → x·Wᵀ + b */
  linear: { rows: number; inputs: number; outputs: number };
  /** x, weight → out; no bias */
  conv2dForward: Conv2d;
  /** dout, weight → dx */
  conv2dBackwardInput: Conv2d;
  /** dout, x → dweight */
  conv2dBackwardWeight: Conv2d;
  /** x, weight, bias → out; with dout → out, dx, dweight, dbias */
  layerNorm: { rows: number; C: number } & Directions;
  /** Over the last axis: x → out; with dout → out, dx; the same for those that follow. */
  softmax: Directions;
  relu: Directions;
  /** With erf, not its approximation by tanh. */
  gelu: Directions;
  /** Windows of 2×2, stride 2. */
  maxPool2d: Directions;
  /** logits [N, C], labels → mean loss, dlogits */
  crossEntropy: { N: number; C: number };
  /** parameter, grad → parameter after a step */
  sgd: { lr: number };
  adam: { lr: number };
  /** x, labels, parameters p0, p1, … → mean cross-entropy of one training step */
  train: { model: readonly LayerSpec[]; optimizer: 'sgd' | 'adam'; lr: number };
  /** x, parameters p0, p1, … → logits */
  predict: { model: readonly LayerSpec[] };
}

export interface Conv2d {
  N: number;
  C: number;
  H: number;
  W: number;
  O: number;
  k: number;
  stride: number;
  padding: number;
  groups: number;
}

/** Forward alone, or forward and backward in one call, which suits libraries whose gradients need their forward. */
export interface Directions {
  backward: boolean;
}

/** A layer of a model; those with parameters take the next two, weight and bias. */
export type LayerSpec =
  | { layer: 'conv'; C: number; O: number; k: number; padding: number }
  | { layer: 'linear'; inputs: number; outputs: number }
  | { layer: 'relu' }
  | { layer: 'pool' }
  | { layer: 'flatten'; shape: readonly [C: number, H: number, W: number] };

export type Op = keyof Sizes;

export interface Operand {
  shape: readonly number[];
  values: Float32Array | Int32Array;
}

export interface Problem<O extends Op = Op> {
  op: O;
  sizes: Sizes[O];
  operands: Readonly<Record<string, Operand>>;
}

/** A row of a table: a problem under a name. */
export interface Case {
  kernel: string;
  shape: string;
  problem: Problem;
  /** Floating point operations of one call, where arithmetic is what limits it. */
  flops?: number;
  /** How far a peer's results may lie from ours, as a share of the largest. */
  tolerance: number;
  /** Calls whose results are compared: more than one where a call changes what the next one starts from. */
  checkedCalls?: number;
}

/** Makes a case when its turn comes, so that its operands need not all be there at once. */
export type Plan = Omit<Case, 'problem'> & { problem(): Problem };

export interface Group {
  name: string;
  title: string;
  /** For the page: what the rows are. */
  about: string;
  plans: readonly Plan[];
}
