import { Bench, performanceNowTimestampProvider, type TimestampProvider } from 'tinybench';
import type { BenchCase } from './case.ts';

/**
 * A median over rounds, and how far the rounds lie apart: half of the distance between their quartiles, as a share of
 * the median; null after a single round.
 */
export interface Figure {
  median: number;
  spread: number | null;
}

export interface Measurement {
  /** Milliseconds of one call. */
  ours: Figure;
  baseline: Figure;
  /** Baseline's time over ours, of one round each. */
  ratio: Figure;
}

/** How long to measure each side of a case, over all rounds. */
export interface Effort {
  /** Calls at least. */
  iterations: number;
  /** Milliseconds at least; 0 also leaves the warm-up out. */
  time: number;
  /** By default 'wall'. */
  clock?: Clock;
}

/** Time that passes, or time that a processor spends on this process, which a busy machine does not stretch. */
export type Clock = 'wall' | 'cpu';

const clocks: Record<Clock, TimestampProvider> = {
  wall: performanceNowTimestampProvider,
  cpu: {
    name: 'cpu',
    fn: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    fromMs: (ms) => ms * 1000,
    toMs: (microseconds) => Number(microseconds) / 1000,
  },
};

const maxRounds = 7;
type Side = 'ours' | 'baseline';

/**
 * Times both sides in alternating rounds, so that a machine that slows down for a while slows both. A round's time
 * is that of its fastest call: other programs only ever add to a call, and add more often to a long one, so that a
 * round's median would favour the faster side (measured: by half on a busy machine). The ratio is the median of the
 * rounds' own ratios.
 */
export function measure(benchCase: BenchCase, { iterations, time, clock = 'wall' }: Effort): Measurement {
  const rounds = time > 0 ? maxRounds : Math.min(maxRounds, iterations);
  const ours: number[] = [];
  const baseline: number[] = [];
  for (let round = 0; round < rounds; round++) {
    benchCase.reset?.();
    const bench = new Bench({
      iterations: Math.ceil(iterations / rounds),
      time: time / rounds,
      // The first round's warm-up must see both sides through to their optimised code.
      warmup: time > 0,
      warmupIterations: 1,
      warmupTime: round === 0 ? time / 4 : 0,
      timestampProvider: clocks[clock],
      subtractTimerOverhead: true,
      throws: true,
    });
    const order: Side[] = round % 2 === 0 ? ['ours', 'baseline'] : ['baseline', 'ours'];
    for (const side of order) bench.add(side, () => benchCase[side](), { async: false });
    bench.runSync();
    ours.push(callTime(bench, 'ours'));
    baseline.push(callTime(bench, 'baseline'));
  }
  return { ours: figure(ours), baseline: figure(baseline), ratio: figure(baseline.map((ms, i) => ms / ours[i])) };
}

export function figure(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const spread = values.length > 1 ? (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2 / median : null;
  return { median, spread };
}

/** Between two values of the sorted list, in proportion. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

function callTime(bench: Bench, side: Side): number {
  const result = bench.getTask(side)?.result;
  if (result?.state !== 'completed') throw new Error(`${side}: no time, ${result?.state}`);
  return result.latency.min;
}
