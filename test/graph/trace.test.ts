import { describe, expect, it } from 'vitest';
import {
  add,
  Dropout,
  div,
  Graph,
  Linear,
  manualSeed,
  mul,
  Parameter,
  relu,
  reshape,
  split,
  sum,
  Tensor,
  type TracedNode,
} from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { Gain } from './custom-layers.ts';
import { bitsOf } from './zoo.ts';

const plain = (nodes: TracedNode[]) =>
  nodes.map(({ name, operation, shape, value, gradient }) => [
    name,
    operation,
    shape,
    [...value],
    gradient && [...gradient],
  ]);

forEachBuild((core, dtype) => {
  const o = { core, dtype };
  const scalar = (value: number) => Tensor.from([value], [], o);

  describe('trace()', () => {
    it('gives every value of a circuit, and every gradient after backward', () => {
      // The circuit of CS231n: f = (x + y)·z at (−2, 5, −4).
      const f = new Graph((x, y, z) => mul(add(x, y), z), o);
      f.forward(scalar(-2), scalar(5), scalar(-4));
      const values = [
        ['x', 'input', [], [-2]],
        ['y', 'input', [], [5]],
        ['z', 'input', [], [-4]],
        ['add(x, y)', 'add', [], [3]],
        ['mul(add(x, y), z)', 'mul', [], [-12]],
      ];
      expect(plain(f.trace())).toEqual(values.map((row) => [...row, undefined]));
      const gradients = [-4, -4, 3, -4, 1];
      f.backward();
      expect(plain(f.trace())).toEqual(values.map((row, i) => [...row, [gradients[i]]]));
      f.backward(-2);
      expect(plain(f.trace())).toEqual(values.map((row, i) => [...row, [-2 * gradients[i]]]));
      // Forward anew: no gradients yet.
      f.forward(scalar(1), scalar(2), scalar(3));
      expect(f.trace().map(({ gradient }) => gradient)).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    });

    it('shows what steps in place and views have written over, and gradients where they meet', () => {
      const f = new Graph((x) => {
        const h = add(relu(mul(x, 2)), 1);
        return sum(mul(reshape(h, [4]), reshape(h, [4])));
      }, o);
      f.forward(Tensor.from([1, -1, 2, 0.5], [2, 2], o));
      f.backward();
      const of = (name: string) =>
        plain(f.trace())
          .find(([given]) => given === name)
          ?.slice(3);
      expect(of('mul(x, 2)')).toEqual([
        [2, -2, 4, 1],
        [6, 0, 10, 4],
      ]);
      expect(of('relu(mul(x, 2))')).toEqual([
        [2, 0, 4, 1],
        [6, 2, 10, 4],
      ]);
      expect(of('add(relu(mul(x, 2)), 1)')).toEqual([
        [3, 1, 5, 2],
        [6, 2, 10, 4],
      ]);
      expect(of('2')).toEqual([[2], undefined]);
    });

    it('names parameters, constants, layers and outputs; gives their gradients of this pass alone', () => {
      const [fc, p] = [new Linear(2, 2, o), Parameter.from([1, 2], [2], o)];
      fc.weight.set([1, 2, 3, 4]);
      fc.bias?.set([0, 1]);
      const three = Tensor.full([1, 1], 3, o);
      const f = new Graph(
        (x) => {
          const [a, b] = split(fc.apply(mul(x, p)), 1, 1);
          return div(a, add(b, three));
        },
        { names: { fc, p } },
      );
      f.forward(Tensor.ones([1, 2], o));
      f.backward(2);
      f.backward(2);
      const nodes = f.trace();
      expect(nodes.map(({ name, operation }) => [name, operation])).toEqual([
        ['x', 'input'],
        ['p', 'parameter'],
        ['mul(x, p)', 'mul'],
        ['fc(mul(x, p))', 'fc'],
        ['split(fc(mul(x, p)))[0]', 'split'],
        ['split(fc(mul(x, p)))[1]', 'split'],
        ['3', 'constant'],
        ['add(split(fc(mul(x, p)))[1], 3)', 'add'],
        ['div(split(fc(mul(x, p)))[0], add(split(fc(mul(…)))[1], 3))', 'div'],
      ]);
      const gradient = nodes[1].gradient as ArrayLike<number>;
      Array.from(gradient).forEach((value, i) => void expect(2 * value).toBeCloseTo(p.grad.data[i], 5));
    });

    it('draws the same mask as the last pass, and leaves no trace of itself', () => {
      const [fc, dropout, gain, scale] = [
        new Linear(6, 6, o),
        new Dropout(0.5, o),
        new Gain(o),
        Parameter.from([3], [], o),
      ];
      const net = new Graph((x) => mul(dropout.apply(gain.apply(fc.apply(x))), scale), { names: { fc } });
      const x = Tensor.randn([4, 6], o);
      manualSeed(9, o);
      const y = net.forward(x).toArray();
      const state = () => ({
        parameters: bitsOf(net.parameters()),
        gradients: bitsOf(net.parameters().map((parameter) => (parameter.hasGrad ? parameter.grad : undefined))),
        random: core.random.state,
        memory: core.memory.stats().liveBytes,
        tensors: core.memory.stats().liveTensors,
      });
      const fresh = state();
      expect([...(net.trace().at(-1) as TracedNode).value]).toEqual([...y]);
      expect(state()).toEqual(fresh);
      expect(net.parameters().some(({ hasGrad }) => hasGrad)).toBe(false);
      const dx = net.backward(x).toArray();
      const before = state();
      // Numbers are drawn in between.
      Tensor.rand([5], o).dispose();
      const { random } = state();
      const nodes = net.trace();
      expect(state()).toEqual({ ...before, random });
      expect([...(nodes.at(-1) as TracedNode).value]).toEqual([...y]);
      expect([...(nodes[0].gradient as Iterable<number>)]).toEqual([...dx]);
      // And the pass that was traced can still go back.
      expect([...net.backward(x).data]).toEqual([...dx]);
      net.eval();
      expect([...(net.trace().at(-1) as TracedNode).value]).toEqual([...y]);
    });
  });
});
