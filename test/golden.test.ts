import { describe, expect, it } from 'vitest';
import { readCases } from './golden/format.ts';
import { nameOf, runCase } from './golden/run-case.ts';
import { forEachBuild } from './support/builds.ts';
import { readBytes } from './support/files.ts';

const cases = await readCases('test/golden/golden-open.json', readBytes);

/** Optimizers that the library does not have. */
const skipped = ['optimizer:adadelta', 'optimizer:adagrad', 'optimizer:adamax', 'optimizer:nadam', 'optimizer:radam'];

/** PyTorch 1.13 computes this gradient with 1/6 rounded to f32, in f64 too. */
const skippedInF64 = ['activation:hardsigmoid'];

forEachBuild((core, dtype) => {
  const expected = dtype === 'f64' ? [...skipped, ...skippedInF64] : skipped;

  it.each(cases.filter((golden) => !expected.includes(nameOf(golden))).map((golden) => [golden.id, golden] as const))(
    '%s',
    (_, golden) => {
      expect(runCase(golden, core, dtype)).toEqual({ status: 'passed' });
    },
  );

  it.each(expected)('skips %s', (name) => {
    const outcomes = cases.filter((golden) => nameOf(golden) === name).map((golden) => runCase(golden, core, dtype));
    expect(outcomes.length).toBeGreaterThan(0);
    for (const outcome of outcomes) expect(outcome.status).toBe('skipped');
  });
});

describe('the runner', () => {
  forEachBuild((core, dtype) => {
    const [golden] = cases.filter(({ id }) => id === 'layer_norm/005');
    const spoilt = (key: string, change: number) => {
      const { shape, data } = golden.expected[key];
      const copy = Float64Array.from(data);
      copy[3] += change;
      return { ...golden, expected: { ...golden.expected, [key]: { shape, data: copy } } };
    };

    it('fails a case that is off by twice the tolerance, and names the worst element', () => {
      const { scale, ...tol } = golden.tol['grad.w'];
      expect(runCase(spoilt('grad.w', 2 * scale * tol[dtype]), core, dtype)).toEqual({
        status: 'failed',
        message: expect.stringMatching(/^grad\.w\[3\]: got .*, expected .*, error .*, allowed /),
      });
      expect(runCase(spoilt('y', NaN), core, dtype).status).toBe('failed');
    });

    it('fails a case whose shape differs or whose mapping throws', () => {
      const { data } = golden.expected.y;
      const reshaped = { ...golden, expected: { y: { shape: [data.length], data } } };
      expect(runCase(reshaped, core, dtype)).toMatchObject({
        status: 'failed',
        message: expect.stringContaining('expected shape'),
      });
      const thrown = { ...golden, attrs: { ...golden.attrs, eps: -1 } };
      expect(runCase(thrown, core, dtype)).toMatchObject({
        status: 'failed',
        message: expect.stringContaining('eps expected'),
      });
      const more = { ...golden, expected: { ...golden.expected, z: golden.expected.y } };
      expect(runCase(more, core, dtype)).toEqual({ status: 'failed', message: 'z: not computed' });
    });

    it('skips what it does not know, by name', () => {
      const run = (change: object) => runCase({ ...golden, ...change }, core, dtype);
      expect(run({ op: 'warp' })).toEqual({ status: 'skipped', what: 'warp' });
      expect(run({ op: 'activation', attrs: { kind: 'warp' } })).toEqual({
        status: 'skipped',
        what: 'activation:warp',
      });
      expect(run({ attrs: { ...golden.attrs, twist: 1 } })).toEqual({
        status: 'skipped',
        what: 'layer_norm (attribute twist)',
      });
    });

    it('does without attributes that have a default and without an upstream gradient', () => {
      const { normalized_shape } = golden.attrs;
      expect(runCase({ ...golden, attrs: { normalized_shape } }, core, dtype).status).toBe('passed');
      const { y } = golden.expected;
      expect(runCase({ ...golden, upstream: {}, expected: { y } }, core, dtype).status).toBe('passed');
    });
  });
});
