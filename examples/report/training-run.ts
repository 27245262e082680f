import type { Settings } from '../settings.ts';

export interface EpochRecord {
  epoch: number;
  /** Steps made; fewer than in other epochs when Ctrl-C cut this one short. */
  steps: number;
  /** Means over the images of the epoch, each seen once while the weights were changing. */
  trainLoss: number;
  trainAccuracy: number;
  testLoss: number;
  testAccuracy: number;
  /** Training alone, without the evaluation. */
  seconds: number;
  imagesPerSecond: number;
}

export interface Mistake {
  image: Float32Array;
  actual: number;
  predicted: number;
  /** The probability that the network gave to its wrong answer. */
  confidence: number;
}

/** Bytes of a graph's values and gradients for batches of one size: in its plan, and if nothing shared memory. */
export interface MemoryUse {
  batchSize: number;
  planned: number;
  naive: number;
}

/** What a model that is a `Graph` says about itself. */
export interface NetworkGraph {
  /** In Graphviz's language. */
  dot: string;
  training: MemoryUse;
  /** Nothing is kept for backward. */
  evaluation: MemoryUse;
}

/** Everything that the report shows. */
export interface TrainingRun {
  /** What the model is called. */
  title: string;
  source: string;
  trainCount: number;
  testCount: number;
  settings: Settings;
  /** Whether the learning rate falls from that of the settings to zero. */
  lrFalls: boolean;
  simd: string;
  threads: number;
  parameterCount: number;
  /** At least one. */
  epochs: EpochRecord[];
  stepsPerEpoch: number;
  /** One per step. */
  stepLosses: number[];
  interrupted: boolean;
  graph?: NetworkGraph;
  /** The first layer's kernels, `filterSide`² values each. */
  filters: Float32Array[];
  filterSide: number;
  /** Counts of test images: `confusion[actual][predicted]`. */
  confusion: number[][];
  mistakes: Mistake[];
}
