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

/** Everything that the report shows. */
export interface TrainingRun {
  source: string;
  trainCount: number;
  testCount: number;
  settings: Settings;
  simd: string;
  parameterCount: number;
  /** At least one. */
  epochs: EpochRecord[];
  stepsPerEpoch: number;
  /** One per step. */
  stepLosses: number[];
  interrupted: boolean;
  /** The first layer's kernels, `filterSide`² values each. */
  filters: Float32Array[];
  filterSide: number;
  /** Counts of test images: `confusion[actual][predicted]`. */
  confusion: number[][];
  mistakes: Mistake[];
}
