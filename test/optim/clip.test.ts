import { expect, it } from 'vitest';
import { clipGradNorm, clipGradValue, LayerNorm, type Parameter, Tensor } from '../../src/index.ts';
import { norm } from '../reference/clip.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

forEachBuild((core, dtype) => {
  /** Parameters with these gradients. */
  function withGradients(...gradients: ArrayLike<number>[]): Parameter[] {
    return gradients.map((gradient) => {
      const { weight } = new LayerNorm(gradient.length, { core, dtype, bias: false });
      weight?.grad.set(gradient);
      return weight as Parameter;
    });
  }

  it.each([1, 2, Infinity] as const)('clips by the %d-norm over all parameters', (normType) => {
    const random = new Random(1);
    const gradients = [random.normals(5), random.normals(130)];
    const all = [...gradients[0], ...gradients[1]];
    const expected = norm(all, normType);
    const parameters = withGradients(...gradients);

    expectClose([clipGradNorm(parameters, 1e3, { normType })], [expected], { dtype: 'f64', terms: 140 });
    expect(parameters.flatMap((parameter) => [...parameter.grad.data])).toEqual(all);

    expectClose([clipGradNorm(parameters, 0.5, { normType })], [expected], { dtype: 'f64', terms: 140 });
    const factor = 0.5 / (expected + 1e-6);
    const got = parameters.flatMap((parameter) => [...parameter.grad.data]);
    const scaled = all.map((value) => factor * value);
    expectClose(got, scaled, { dtype, terms: dtype === 'f32' ? 3 : 140, scale: scaled.map(Math.abs) });
    expect(norm(got, normType)).toBeLessThan(0.5);
  });

  it('spoils all gradients for a NaN, and zeroes them for an ∞, as PyTorch does', () => {
    const nan = withGradients([1, NaN], [2]);
    expect(clipGradNorm(nan, 1)).toBeNaN();
    expect(nan.flatMap((parameter) => [...parameter.grad.data])).toEqual([NaN, NaN, NaN]);
    const infinite = withGradients([1, -Infinity], [2]);
    expect(clipGradNorm(infinite, 1)).toBe(Infinity);
    expect(infinite.flatMap((parameter) => [...parameter.grad.data])).toEqual([0, NaN, 0]);
    const refused = withGradients([1, -Infinity], [2]);
    expect(() => clipGradNorm(refused, 1, { errorIfNonfinite: true })).toThrow(
      'clipGradNorm: the norm of the gradients is Infinity',
    );
    expect(refused.flatMap((parameter) => [...parameter.grad.data])).toEqual([1, -Infinity, 2]);
  });

  it('clips by value, NaN stays', () => {
    const [parameter] = withGradients([NaN, -3, Infinity, 0.25, -0.5]);
    clipGradValue(parameter, 0.5);
    expect([...parameter.grad.data]).toEqual([NaN, -0.5, 0.5, 0.25, -0.5]);
  });
});

it('passes over parameters without a gradient', () => {
  const [core] = cores;
  const layer = new LayerNorm(3, { core });
  layer.bias?.grad.fill(2);
  expect(clipGradNorm(layer.parameters(), 100)).toBe(Math.sqrt(12));
  clipGradValue(layer.parameters(), 1);
  expect(layer.weight?.hasGrad).toBe(false);
  expect([...(layer.bias?.grad.data ?? [])]).toEqual([1, 1, 1]);
  expect(clipGradNorm([], 1)).toBe(0);
});

it('refuses what it cannot take, before anything changes', () => {
  const [core] = cores;
  const layer = new LayerNorm(3, { core });
  layer.bias?.grad.fill(2);
  const parameters = layer.parameters();
  expect(() => clipGradNorm(parameters, NaN)).toThrow('clipGradNorm: maxNorm expected a finite number ≥ 0, got NaN');
  expect(() => clipGradNorm(parameters, -1)).toThrow('maxNorm');
  expect(() => clipGradNorm(parameters, 1, { normType: 3 })).toThrow('normType expected 1, 2 or Infinity, got 3');
  expect(() => clipGradNorm(parameters, 1, { norm: 2 } as object)).toThrow("got 'norm'");
  expect(() => clipGradNorm([...parameters, parameters[0]], 1)).toThrow('parameters[2] [3] is listed twice');
  expect(() => clipGradNorm([Tensor.ones([1], { core }) as Parameter], 1)).toThrow(
    'parameters[0] expected a Parameter',
  );
  expect(() => clipGradValue(parameters, -1)).toThrow('clipGradValue: clipValue expected a finite number ≥ 0, got -1');
  expect(() => clipGradValue(undefined as never, 1)).toThrow('clipGradValue: parameters expected an iterable');
  expect([...(layer.bias?.grad.data ?? [])]).toEqual([2, 2, 2]);
  layer.dispose();
  expect(() => clipGradValue(parameters, 1)).toThrow('clipGradValue: parameters[0] [3] was disposed');
});
