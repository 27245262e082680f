import type { BenchCase } from './case.ts';

type Outcome = Pick<BenchCase, 'results' | 'tolerance'>;

/** Why the two sides of a case do not give the same numbers, or undefined when they do. */
export function disagreement({ results, tolerance }: Outcome): string | undefined {
  const pairs = results();
  if (pairs.length === 0) return 'no results to compare';
  for (let p = 0; p < pairs.length; p++) {
    const [ours, baseline] = pairs[p];
    if (ours.length !== baseline.length) return `result ${p}: ${ours.length} numbers, baseline ${baseline.length}`;
    let largest = 0;
    let error = 0;
    let worst = 0;
    for (let i = 0; i < baseline.length; i++) {
      const distance = Math.abs(ours[i] - baseline[i]);
      // Written so that a NaN on either side, or an infinity less itself, is caught.
      if (!(distance < Number.POSITIVE_INFINITY)) return differ(p, i, ours[i], baseline[i]);
      largest = Math.max(largest, Math.abs(baseline[i]));
      if (distance > error) {
        error = distance;
        worst = i;
      }
    }
    if (largest === 0) return `result ${p}: all zeros, which compares nothing`;
    if (error > tolerance * largest) return differ(p, worst, ours[worst], baseline[worst]);
  }
  return undefined;
}

const differ = (result: number, index: number, ours: number, baseline: number) =>
  `result ${result}[${index}]: ${ours}, baseline ${baseline}`;
