import { Bench, performanceNowTimestampProvider, type TimestampProvider } from 'tinybench';
import type { BenchCase } from './case.ts';
import type { Copy } from './copy.ts';

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
  /** Our bytes per second as a share of those of the copy; for cases that name their bytes. */
  share?: Figure;
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
type Side = 'ours' | 'baseline' | 'copy';

/**
 * Times both sides, and for a case that names its bytes the copy, in alternating rounds, so that a machine that slows
 * down for a while slows all. A round's time is that of its fastest call: other programs only ever add to a call, and
 * add more often to a long one, so that a round's median would favour the faster side (measured: by half on a busy
 * machine). The ratio is the median of the rounds' own ratios.
 */
export function measure(benchCase: BenchCase, { iterations, time, clock = 'wall' }: Effort, copy?: Copy): Measurement {
  const { bytes } = benchCase;
  const calls: Partial<Record<Side, () => void>> = {
    ours: () => benchCase.ours(),
    baseline: () => benchCase.baseline(),
    ...(copy && bytes !== undefined ? { copy: copy.run } : {}),
  };
  const sides = Object.entries(calls) as [Side, () => void][];
  const rounds = time > 0 ? maxRounds : Math.min(maxRounds, iterations);
  const times: Record<Side, number[]> = { ours: [], baseline: [], copy: [] };
  for (let round = 0; round < rounds; round++) {
    benchCase.reset?.();
    const bench = new Bench({
      iterations: Math.ceil(iterations / rounds),
      time: time / rounds,
      // The first round's warm-up must see all sides through to their optimised code.
      warmup: time > 0,
      warmupIterations: 1,
      warmupTime: round === 0 ? time / 4 : 0,
      timestampProvider: clocks[clock],
      subtractTimerOverhead: true,
      throws: true,
    });
    for (const [side, call] of round % 2 === 0 ? sides : sides.toReversed()) bench.add(side, call, { async: false });
    bench.runSync();
    for (const [side] of sides) times[side].push(callTime(bench, side));
  }
  const { ours, baseline } = times;
  const ratio = figure(baseline.map((ms, i) => ms / ours[i]));
  if (!copy || bytes === undefined) return { ours: figure(ours), baseline: figure(baseline), ratio };
  const share = figure(times.copy.map((ms, i) => bytes / ours[i] / (copy.bytes / ms)));
  return { ours: figure(ours), baseline: figure(baseline), ratio, share };
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
