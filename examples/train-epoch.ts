import { type CrossEntropyLoss, type Layer, randperm } from 'simdgrad';
import type { Batches } from './batches.ts';
import { predictedClasses } from './classes.ts';
import { nextTurn } from './interrupt.ts';
import type { StepsWeights } from './optimizer.ts';

export interface Trainee {
  model: Layer;
  loss: CrossEntropyLoss;
  optimizer: StepsWeights;
}

/** Sums over the epoch so far. */
export interface EpochProgress {
  steps: number;
  images: number;
  correct: number;
  lossSum: number;
  seconds: number;
}

/**
 * One pass over the set in a random order. `onStep` hears of every step, with its loss, and ends the epoch there by
 * returning false.
 */
export async function trainEpoch(
  { model, loss, optimizer }: Trainee,
  batches: Batches,
  batchSize: number,
  onStep: (stepLoss: number, progress: EpochProgress) => boolean,
): Promise<EpochProgress> {
  const progress: EpochProgress = { steps: 0, images: 0, correct: 0, lossSum: 0, seconds: 0 };
  const order = randperm(batches.set.labels.length);
  const start = performance.now();
  model.train();
  for (let begin = 0; begin < order.length; begin += batchSize) {
    const { x, labels } = batches.load(order.subarray(begin, begin + batchSize));

    optimizer.zeroGrad();
    const logits = model.forward(x);
    const stepLoss = loss.forward(logits, labels);
    model.backwardParameters(loss.backward());
    optimizer.step();

    const count = labels.size;
    progress.steps += 1;
    progress.images += count;
    progress.correct += countEqual(predictedClasses(logits), labels.data);
    progress.lossSum += stepLoss * count;
    progress.seconds = (performance.now() - start) / 1000;
    await nextTurn();
    if (!onStep(stepLoss, progress)) break;
  }
  return progress;
}

function countEqual(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) count++;
  return count;
}
