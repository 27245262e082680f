import { describe, expect, it } from 'vitest';
import {
  add,
  type Build,
  div,
  exp,
  Graph,
  Linear,
  log,
  mul,
  type Node,
  Parameter,
  reshape,
  split,
  sqrt,
  sub,
  Tensor,
  tanh,
} from '../../src/index.ts';
import { cores } from '../support/builds.ts';
import { Gain, Mix } from './custom-layers.ts';

const [core] = cores;
const o = { core, dtype: 'f64' } as const;
const subsets = (count: number) =>
  Array.from({ length: 2 ** count }, (_, bits) => Array.from({ length: count }, (_, k) => Boolean((bits >> k) & 1)));

describe('a result whose gradient is not given', () => {
  it('has none, rather than zeros: infinite slopes do not show', () => {
    const x = Tensor.from([0, 4], [2], o);
    const dy = Tensor.from([1, 1], [2], o);
    for (const planned of [true, false]) {
      const graph = new Graph((x) => [mul(x, 2), sqrt(x)], { ...o, planned });
      graph.forward(x);
      expect([...graph.backward(dy, undefined).data]).toEqual([2, 2]);
      expect(graph.trace().map(({ name, gradient }) => [name, gradient && [...gradient]])).toEqual([
        ['x', [2, 2]],
        ['2', undefined],
        ['mul(x, 2)', [1, 1]],
        ['sqrt(x)', undefined],
      ]);
      expect([...graph.backward(undefined, dy).data]).toEqual([Infinity, 0.25]);
      expect([...graph.backward(dy, dy).data]).toEqual([Infinity, 2.25]);
      expect([...graph.backward(undefined, undefined).data]).toEqual([0, 0]);
      expect([...graph.backward(dy, undefined).data]).toEqual([2, 2]);
    }
  });

  it('makes no gradient of parameters that are behind it alone', () => {
    const [a, b] = [1, 2].map((value) => Parameter.from([value], [1], o));
    const graph = new Graph((x) => [mul(x, a), mul(x, b)], o);
    const x = Tensor.from([3], [1], o);
    graph.forward(x);
    graph.backwardParameters(1, undefined);
    expect([a.hasGrad, a.grad.data[0], b.hasGrad]).toEqual([true, 3, false]);
  });

  const fc = new Linear(4, 4, o);
  const [mix, gain, scale] = [new Mix(o), new Gain(o), Parameter.from([0.5, 1.5, -1, 2], [4], o)];
  const nets: Record<string, (...nodes: Node[]) => Node[]> = {
    'sums of sums': (x, y) => {
      const z = add(x, y);
      return [add(z, x), add(z, z), add(add(z, y), mul(z, scale))];
    },
    'one value in many places': (x, y) => {
      const h = tanh(fc.apply(mul(x, y)));
      return [mul(h, h), add(tanh(h), h), fc.apply(sub(x, h)), h];
    },
    'several outputs': (x, y) => {
      const [product, total] = mix.apply(tanh(x), exp(y));
      const [left, right] = split(add(x, product), 2, 1);
      return [left, mul(right, 3), total, mul(left, right)];
    },
    'views and inputs as they are': (x, y) => {
      const flat = reshape(x, [-1]);
      return [x, flat, reshape(mul(flat, reshape(add(x, y), [-1])), [4, 3]), gain.apply(y), div(x, exp(y))];
    },
    'a chain': (x) => {
      const a = exp(x);
      const b = mul(log(add(a, 1)), scale);
      return [a, b, fc.apply(b)];
    },
  };
  const [x, y] = [Tensor.randn([3, 4], o), Tensor.randn([3, 4], o)];

  it.each(Object.entries(nets))('leaves the gradients of those that are: %s', (_, net) => {
    const parameters = [fc.weight, fc.bias as Parameter, mix.weight, gain.gain, scale];
    const run = (graph: Graph<Build>, upstream: (Tensor | undefined)[], alone: boolean) => {
      for (const parameter of parameters) parameter.dropGrad();
      graph.forward(x, y);
      const inputs = alone ? [] : (graph.backward(...upstream) as readonly Tensor[]).map((dx) => [...dx.data]);
      if (alone) graph.backwardParameters(...upstream);
      return [...inputs, ...parameters.map((parameter) => (parameter.hasGrad ? [...parameter.grad.data] : undefined))];
    };
    for (const planned of [true, false]) {
      const whole = new Graph((x: Node, y: Node) => net(x, y), { ...o, planned });
      const dys = whole.forward(x, y).map(({ shape }) => Tensor.randn(shape, o));
      for (const given of [...subsets(dys.length), ...subsets(dys.length).reverse()]) {
        if (!given.includes(true)) continue;
        const those = <T>(values: readonly T[]) => values.filter((_, k) => given[k]);
        const part = new Graph((x: Node, y: Node) => those(net(x, y)), { ...o, planned });
        for (const alone of [false, true]) {
          const got = run(
            whole,
            dys.map((dy, k) => (given[k] ? dy : undefined)),
            alone,
          );
          const want = run(part, those(dys), alone);
          expect(got.length).toBe(want.length);
          got.forEach((values, i) => {
            if (!values || !want[i]) expect(values).toBe(want[i]);
            else values.forEach((value, j) => void expect(value).toBeCloseTo((want[i] as number[])[j], 12));
          });
        }
      }
    }
  });
});
