import type { CrossEntropyLoss, Layer } from 'simdgrad';
import type { Batches } from './batches.ts';
import { predictedClasses, probability } from './classes.ts';
import { classCount, imageSize } from './digits/digit-set.ts';
import { nextTurn } from './interrupt.ts';
import type { Mistake } from './report/training-run.ts';

export const evaluationBatchSize = 250;

export interface Evaluation {
  loss: number;
  accuracy: number;
  /** `confusion[actual][predicted]` */
  confusion: number[][];
  mistakes: Mistake[];
}

/** How the model does on a whole set, in inference mode. */
export async function evaluate(model: Layer, loss: CrossEntropyLoss, batches: Batches): Promise<Evaluation> {
  const { images, labels } = batches.set;
  const confusion = Array.from({ length: classCount }, () => new Array<number>(classCount).fill(0));
  const mistakes: Mistake[] = [];
  const positions = Int32Array.from(labels, (_, n) => n);
  let lossSum = 0;
  model.eval();
  for (let begin = 0; begin < labels.length; begin += evaluationBatchSize) {
    const batch = batches.load(positions.subarray(begin, begin + evaluationBatchSize));
    const logits = model.forward(batch.x);
    lossSum += loss.forward(logits, batch.labels) * batch.labels.size;
    predictedClasses(logits).forEach((predicted, n) => {
      const actual = labels[begin + n];
      confusion[actual][predicted] += 1;
      if (predicted === actual) return;
      const row = logits.data.subarray(n * classCount, (n + 1) * classCount);
      const image = images.subarray((begin + n) * imageSize, (begin + n + 1) * imageSize);
      mistakes.push({ image, actual, predicted, confidence: probability(row, predicted) });
    });
    await nextTurn();
  }
  return { loss: lossSum / labels.length, accuracy: 1 - mistakes.length / labels.length, confusion, mistakes };
}
