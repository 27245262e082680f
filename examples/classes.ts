import type { Tensor } from 'simdgrad';

/** The class of the largest logit of each row of [N, classes]. */
export function predictedClasses(logits: Tensor): Int32Array {
  const [rows, classes] = logits.shape;
  const { data } = logits;
  return Int32Array.from({ length: rows }, (_, row) => {
    const values = data.subarray(row * classes, (row + 1) * classes);
    return values.indexOf(Math.max(...values));
  });
}

/** The softmax probability of one class in a row of logits. */
export function probability(logits: ArrayLike<number>, label: number): number {
  const total = Array.from(logits).reduce((sum, logit) => sum + Math.exp(logit - logits[label]), 0);
  return 1 / total;
}
