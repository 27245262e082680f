import { expect, it } from 'vitest';
import type { BenchCase } from '../../bench/case.ts';
import { figure, measure } from '../../bench/measure.ts';
import { added, digits, heading, percent, rate, row, time } from '../../bench/table.ts';

const counting = () => {
  const calls = { reset: 0, ours: 0, baseline: 0 };
  const spin = (ms: number) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  };
  const benchCase: BenchCase = {
    kernel: 'spin',
    shape: '256³',
    flops: 2e6,
    reset: () => calls.reset++,
    ours: () => {
      calls.ours++;
      spin(0.5);
    },
    baseline: () => {
      calls.baseline++;
      spin(2);
    },
    results: () => [],
    tolerance: 0,
  };
  return { calls, benchCase };
};

it('takes the median and the quartiles of rounds', () => {
  expect(figure([4])).toEqual({ median: 4, spread: null });
  expect(figure([4, 2])).toEqual({ median: 3, spread: 0.5 / 3 });
  expect(figure([5, 1, 3, 100, 2])).toEqual({ median: 3, spread: 0.5 });
});

it('calls each side as often as asked, in up to seven rounds that each start anew', () => {
  const one = counting();
  measure(one.benchCase, { iterations: 1, time: 0 });
  expect(one.calls).toEqual({ reset: 1, ours: 1, baseline: 1 });
  const many = counting();
  measure(many.benchCase, { iterations: 14, time: 0 });
  expect(many.calls).toEqual({ reset: 7, ours: 14, baseline: 14 });
});

it('finds times and their ratio', () => {
  const { ours, baseline, ratio } = measure(counting().benchCase, { iterations: 1, time: 30 });
  expect(ours.median).toBeGreaterThan(0.45);
  expect(baseline.median).toBeGreaterThan(1.9);
  expect(ratio.median).toBeGreaterThan(1);
  expect(ratio.spread).toBeGreaterThanOrEqual(0);
});

it('holds bytes per second against those of a copy in the same rounds', () => {
  const { benchCase } = counting();
  let copies = 0;
  const copy = {
    bytes: 4e6,
    run: () => {
      copies++;
      benchCase.baseline(); // 2 ms: 2 GB/s; ours is 0.5 ms: 1 GB/s
    },
  };
  expect(measure(benchCase, { iterations: 7, time: 0 }, copy).share).toBeUndefined();
  expect(copies).toBe(0);
  const { share } = measure({ ...benchCase, bytes: 0.5e6 }, { iterations: 7, time: 0 }, copy);
  expect(copies).toBe(7);
  expect(share?.median).toBeGreaterThan(0.3);
  expect(share?.median).toBeLessThan(0.8);
});

it('throws what a side throws', () => {
  const { benchCase } = counting();
  const broken = { ...benchCase, ours: () => expect.unreachable('broken') };
  expect(() => measure(broken, { iterations: 1, time: 0 })).toThrow('broken');
});

it('prints three digits with units', () => {
  expect([0.001234, 0.5, 1.234, 9.999, 99.96, 12345].map(time)).toEqual([
    '1.23 µs',
    '500 µs',
    '1.23 ms',
    '10.0 ms',
    '100 ms',
    '12.3 s',
  ]);
  expect([999.6, 0.9996].map(time)).toEqual(['1.00 s', '1.00 ms']);
  expect(digits(Number.POSITIVE_INFINITY)).toBe('Infinity');
  expect(rate({ flops: 2e6 }, 0.1)).toBe('20.0 GFLOP/s');
  expect(rate({ bytes: 4e6 }, 1)).toBe('4.00 GB/s');
  expect(rate({}, 1)).toBe('');
  expect(percent(0.034)).toBe(' ±  3 %');
  expect([added({ calls: 100 }, 1.25, 1), added({ calls: 100 }, 1, 1.01), added({}, 2, 1)]).toEqual([
    '+2.50 µs',
    '−0.10 µs',
    '',
  ]);
});

it('keeps rows under the heading, within 110 columns', () => {
  const above = heading('simdgrad', 'JavaScript');
  const { benchCase } = counting();
  const slow = { median: 123.4, spread: 0.25 };
  const fast = { median: 1.234, spread: 0.01 };
  const text = row(benchCase, { ours: fast, baseline: slow, ratio: { median: 100, spread: null }, share: fast });
  expect(text).toContain('  256³');
  expect(text).toContain('1.23 ms ±  1 %  123 ms ± 25 %');
  expect(text.length).toBe(above.length);
  expect(above.length).toBeLessThanOrEqual(110);
  const shape = 'a name that is longer than its column';
  const lines = row({ ...benchCase, shape }, { ours: fast, baseline: slow, ratio: fast }).split('\n');
  expect(lines.map((part) => part.length)).toEqual([shape.length + 2, above.length]);
});
