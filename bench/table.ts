import type { BenchCase } from './case.ts';
import type { Figure, Measurement } from './measure.ts';

/** Three significant digits, as plain decimals. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value >= 99.95) return String(Math.round(value));
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export function time(ms: number): string {
  if (ms >= 999.5) return `${digits(ms / 1000)} s`;
  return ms >= 0.9995 ? `${digits(ms)} ms` : `${digits(ms * 1000)} µs`;
}

/** Work per second in the unit that fits the case; empty for a case that names no work. */
export function rate({ flops, bytes }: Pick<BenchCase, 'flops' | 'bytes'>, ms: number): string {
  if (flops !== undefined) return `${digits(flops / ms / 1e6)} GFLOP/s`;
  return bytes === undefined ? '' : `${digits(bytes / ms / 1e6)} GB/s`;
}

/** What a layer call adds to its kernels; empty where the baseline is something else. */
export function added({ calls }: Pick<BenchCase, 'calls'>, ms: number, kernelsMs: number): string {
  if (calls === undefined) return '';
  const difference = (ms - kernelsMs) / calls;
  return `${difference < 0 ? '−' : '+'}${time(Math.abs(difference))}`;
}

/** ` ±  3 %`, after a figure; blank after a single round. */
export function percent(spread: Figure['spread']): string {
  return spread === null ? ' '.repeat(7) : ` ±${String(Math.round(spread * 100)).padStart(3)} %`;
}

const widths = [30, 15, 15, 13, 13, 9, 14];
const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : ` ${cell.padStart(widths[i] - 1)}`)).join('');

export const heading = (ours: string, other: string): string =>
  line(['', ours, other, ours, other, 'of copy', 'faster']);

/** One case: times, rates, the share of a copy's rate, and how many times faster. A rate spreads as its time does; a long name has its own line. */
export function row(benchCase: BenchCase, { ours, baseline, ratio, share }: Measurement): string {
  const name = `  ${benchCase.shape}`;
  const fits = name.length < widths[0];
  const figures = line([
    fits ? name : '',
    time(ours.median) + percent(ours.spread),
    time(baseline.median) + percent(baseline.spread),
    rate(benchCase, ours.median) || added(benchCase, ours.median, baseline.median),
    rate(benchCase, baseline.median),
    share ? digits(share.median) : '',
    `${digits(ratio.median)}×${percent(ratio.spread)}`,
  ]);
  return fits ? figures : `${name}\n${figures}`;
}
