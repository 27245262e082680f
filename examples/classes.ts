import type { Tensor } from 'simdgrad';

/** The class of the largest logit of each row of [N, classes]; a diverged row, all NaN, counts as class 0. */
export function predictedClasses(logits: Tensor): Int32Array {
  const [rows, classes] = logits.shape;
  const { data } = logits;
  const predicted = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const first = row * classes;
    let best = first;
    for (let at = first + 1; at < first + classes; at++) if (data[at] > data[best]) best = at;
    predicted[row] = best - first;
  }
  return predicted;
}

/** The softmax probability of one class in a row of logits. */
export function probability(logits: ArrayLike<number>, label: number): number {
  const total = Array.from(logits).reduce((sum, logit) => sum + Math.exp(logit - logits[label]), 0);
  return 1 / total;
}
