import { expect, it } from 'vitest';
import type { FloatDType } from '../../src/index.ts';
import * as exact from '../reference/exact.ts';
import { erf, sigmoid, softplus } from '../reference/math.ts';
import { forEachBuild } from '../support/builds.ts';
import { Random } from '../support/random.ts';

type Function = 'exp' | 'log' | 'tanh' | 'erf' | 'sigmoid' | 'expm1' | 'softplus';

// expm1 and log1p are seen through the kernels that consist of little else.
const kernels = {
  exp: { kernel: 'expForward', a: 0, b: 0, float64: Math.exp },
  log: { kernel: 'logForward', a: 0, b: 0, float64: Math.log },
  tanh: { kernel: 'tanhForward', a: 0, b: 0, float64: Math.tanh },
  erf: { kernel: 'erfForward', a: 0, b: 0, float64: erf },
  sigmoid: { kernel: 'sigmoidForward', a: 0, b: 0, float64: sigmoid },
  expm1: { kernel: 'eluForward', a: 1, b: 0, float64: (x: number) => (x > 0 ? x : Math.expm1(x)) },
  softplus: { kernel: 'softplusForward', a: 1, b: 1e4, float64: softplus },
} as const;

/** The largest errors that are allowed, in units in the last place; the measured ones are in docs/measurements.md. */
const bounds: Record<Function, Record<FloatDType, number>> = {
  exp: { f32: 1.25, f64: 1.25 },
  log: { f32: 1, f64: 1 },
  tanh: { f32: 1.5, f64: 2 },
  erf: { f32: 2, f64: 2 },
  sigmoid: { f32: 2.5, f64: 2.5 },
  expm1: { f32: 1.5, f64: 1.5 },
  softplus: { f32: 2, f64: 2 },
};

/** A unit in the last place of v; half the spacing of subnormals is the least error that rounding makes. */
function ulp(v: number, dtype: FloatDType): number {
  const [least, bits] = dtype === 'f32' ? [-126, 23] : [-1022, 52];
  return 2 ** (Math.max(exponent(v), least) - bits);
}

function exponent(v: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, v);
  return ((bits.getUint16(0) >> 4) & 0x7ff) - 1023;
}

// ULP_STRIDE=61 looks at every 61st float and prints what docs/measurements.md holds.
const asked = globalThis.process?.env.ULP_STRIDE;
const stride = Number(asked ?? 2003);

forEachBuild((core, dtype) => {
  const block = 1 << 14;
  const bytes = dtype === 'f32' ? 4 : 8;
  const address = core.memory.allocate(2 * block * bytes);
  const Floats = dtype === 'f32' ? Float32Array : Float64Array;

  /** y = f(x) by the kernel, x being what `fill` wrote into the buffer. */
  function run(name: Function, fill: (x: Float32Array | Float64Array) => void) {
    const x = new Floats(core.memory.buffer, address, block);
    const y = new Floats(core.memory.buffer, address + block * bytes, block);
    fill(x);
    const { kernel, a, b } = kernels[name];
    core.kernels[dtype][kernel](y.byteOffset, x.byteOffset, a, b, 0, block);
    return { x, y };
  }

  const apply = (name: Function, values: number[]) => [...run(name, (x) => x.set(values)).y.subarray(0, values.length)];

  it('takes its limits and keeps NaN and −0', () => {
    const inf = Infinity;
    const overflow = dtype === 'f32' ? 88.73 : 709.79;
    const underflow = dtype === 'f32' ? -103.98 : -745.2;
    expect(apply('exp', [0, -0, overflow, 1e30, inf, underflow, -1e30, -inf, NaN])).toEqual([
      1,
      1,
      inf,
      inf,
      inf,
      0,
      0,
      0,
      NaN,
    ]);
    expect(apply('log', [1, 0, -0, -1, -1e-40, -inf, inf, NaN])).toEqual([0, -inf, -inf, NaN, NaN, NaN, inf, NaN]);
    for (const name of ['tanh', 'erf'] as const) {
      expect(apply(name, [0, -0, 100, -100, 1e30, inf, -inf, NaN])).toEqual([0, -0, 1, -1, 1, 1, -1, NaN]);
    }
    expect(apply('erf', [10, -10])).toEqual([1, -1]);
    expect(apply('sigmoid', [0, inf, -inf, NaN])).toEqual([0.5, 1, 0, NaN]);
    expect(apply('expm1', [0, -0, -inf, -1e30, -100, NaN])).toEqual([0, -0, -1, -1, -1, NaN]);
    expect(apply('softplus', [-inf, inf, 1e30, NaN])).toEqual([0, inf, new Floats([1e30])[0], NaN]);
  });

  it('reaches the smallest and the largest floats', () => {
    const [least, most] = dtype === 'f32' ? [2 ** -149, 3.4028234663852886e38] : [2 ** -1074, Number.MAX_VALUE];
    const [lowest, highest] = dtype === 'f32' ? [-103.9, 88.72] : [-745.1, 709.78];
    expect(apply('exp', [lowest])[0]).toBe(least);
    expect(apply('exp', [highest])[0]).toBeGreaterThan(most / 2);
    expect(apply('exp', [highest])[0]).toBeLessThanOrEqual(most);
    expect(apply('log', [least])[0]).toBeCloseTo(Math.log(least), 4);
    for (const name of ['tanh', 'erf'] as const) expect(apply(name, [least])[0]).toBe(least);
  });

  for (const name of Object.keys(kernels) as Function[]) {
    const bound = bounds[name][dtype];
    const { float64 } = kernels[name];

    if (dtype === 'f32') {
      it(`${name} is within ${bound} ulp over all floats`, () => {
        // Every 2003rd bit pattern is 2.1 million floats of both signs, subnormals, infinities and NaN among them.
        let worst = { error: 0, x: 0 };
        for (let first = 0; first < 2 ** 32; first += block * stride) {
          const { x, y } = run(name, (values) => {
            const bits = new Uint32Array(values.buffer, values.byteOffset, block);
            for (let i = 0; i < block; i++) bits[i] = first + i * stride;
          });
          for (let i = 0; i < block; i++) {
            const want = float64(x[i]);
            if (Object.is(y[i], Math.fround(want))) continue;
            // Beyond the largest float, the next one would be 2^128.
            const got = Number.isFinite(y[i]) ? y[i] : Math.sign(y[i]) * 2 ** 128;
            const error = Math.abs(got - want) / ulp(Math.min(Math.abs(want), 2 ** 127), 'f32');
            if (!(error <= worst.error)) worst = { error, x: x[i] };
          }
        }
        expect(worst.error, `at ${worst.x}`).toBeLessThanOrEqual(bound);
        report(name, worst.error);
      });
    } else {
      it(`${name} is within ${bound} ulp`, () => {
        const { x, y } = run(name, (values) => sample(name, values));
        let worst = { error: 0, x: 0 };
        for (let i = 0; i < block; i++) {
          if (name === 'expm1' && x[i] > 0) continue; // ELU is x there
          const want = exact[name](exact.fixed(x[i]));
          const error = Math.abs(exact.float(exact.fixed(y[i]) - want)) / ulp(exact.float(want), 'f64');
          if (!(error <= worst.error)) worst = { error, x: x[i] };
        }
        expect(worst.error, `at ${worst.x}`).toBeLessThanOrEqual(bound);
        report(name, worst.error);
      });
    }
  }

  /** Numbers of all magnitudes at which 250 places still hold the result's last one. */
  function sample(name: Function, values: Float32Array | Float64Array): void {
    const random = new Random(7);
    for (let i = 0; i < values.length; i++) {
      const sign = random.uniform() < 0.5 ? -1 : 1;
      const wide = 2 ** (40 * random.uniform() - 34.5);
      const x = i % 2 ? sign * wide : sign * 6 * random.uniform();
      values[i] = name === 'log' ? Math.abs(i % 2 ? wide : 1 + x / 8) : x;
    }
  }

  function report(name: string, error: number): void {
    if (asked) console.log(`${core.simd} ${dtype} ${name}: ${error.toFixed(2)} ulp`);
  }
});
