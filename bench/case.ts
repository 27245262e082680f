import type { Core, TypedArray } from 'simdgrad';

/** One comparison: a kernel of ours against a well-written Float32Array loop on the same numbers. */
export interface BenchCase {
  /** The kernel, as it is named in `simdgrad/kernels`. */
  kernel: string;
  /** A shape from a real net, named as in bench/shapes.ts. */
  shape: string;
  /** Floating point operations of one call, for GFLOP/s; for kernels that are limited by arithmetic. */
  flops?: number;
  /** Bytes that one call must read and write at least, for GB/s; for kernels that are limited by memory. */
  bytes?: number;
  /** Layer calls in one call, where the baseline is their kernels alone, for the time that each of them adds. */
  calls?: number;
  /** What both sides start from, where a call changes its own operands: gradients that add up, weights that train. */
  reset?(): void;
  ours(): void;
  baseline(): void;
  /** After `reset` and one call of each: pairs that must agree to `tolerance` times their largest value. */
  results(): [ours: TypedArray, baseline: TypedArray][];
  tolerance: number;
}

/**
 * A file of bench/kernels exports this as default: its cases, over one core. Every file gets a core of its own, so
 * that nothing need be disposed of; one with large tensors had better be a generator, which makes a case when its
 * turn comes.
 */
export type BenchCases = (core: Core) => Iterable<BenchCase>;
