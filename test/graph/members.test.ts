import { describe, expect, it } from 'vitest';
import {
  concat,
  Dropout,
  Graph,
  LayerNorm,
  Linear,
  matmul,
  mul,
  type Node,
  Parameter,
  ReLU,
  Residual,
  relu,
  reshape,
  Sequential,
  SGD,
  split,
  sum,
  Tensor,
  transpose,
} from '../../src/index.ts';
import { newCore } from '../support/builds.ts';
import { Mix } from './custom-layers.ts';
import { bitsOf } from './zoo.ts';

const core = await newCore({ simd: 'plain' });
const o = { core };
const linear = () => new Linear(3, 3, o);
const x = Tensor.randn([2, 3], o);

const namesOf = (layer: { namedParameters(): [string, Parameter][] }) => layer.namedParameters().map(([name]) => name);
const both = (...names: string[]) => names.flatMap((name) => [`${name}.weight`, `${name}.bias`]);

describe('names', () => {
  it('are those given, and numbers in the order of application for the rest', () => {
    const [a, b, c] = [linear(), linear(), new LayerNorm(3, o)];
    const scale = Parameter.from([2], [1], o);
    const f = (x: Node) => mul(c.apply(b.apply(a.apply(x))), scale);
    expect(namesOf(new Graph(f, o))).toEqual(['3', ...both('0', '1', '2')]);
    expect(namesOf(new Graph(f, { names: { head: b, scale } }))).toEqual(['scale', ...both('head', '0', '1')]);
    // A number that is given is not given again.
    expect(namesOf(new Graph(f, { names: { 1: c, 0: scale } }))).toEqual(['0', ...both('1', '2', '3')]);
  });

  it('count a layer once that is applied twice, and a parameter once that is also used by itself', () => {
    const fc = linear();
    const tied = new Graph((x) => matmul(relu(fc.apply(fc.apply(x))), transpose(fc.weight, 0, 1)));
    expect(Object.keys(tied.stateDict())).toEqual(both('0'));
  });

  it('have the prefixes of graphs, Sequential and Residual around them', () => {
    const [fc, stem] = [linear(), linear()];
    const inner = new Graph((x) => fc.apply(relu(x)), { names: { fc } });
    const blocks = new Sequential(new Residual(inner, { shortcut: linear() }), new ReLU(o));
    const net = new Graph((x) => blocks.apply(stem.apply(x)), { names: { stem, blocks } });
    const names = both('stem', 'blocks.0.body.fc', 'blocks.0.shortcut');
    expect(namesOf(net)).toEqual(names);
    expect(Object.keys(net.stateDict())).toEqual(names);
    expect(namesOf(new Sequential(net))).toEqual(names.map((name) => `0.${name}`));
    net.forward(x);
    expect(net.toDot()).toContain('label="blocks.0.body.fc: Linear"');
  });
});

describe('a function that asks for shapes', () => {
  it('is run with shapes of ones to find what it applies', () => {
    const [a, b] = [linear(), linear()];
    const net = new Graph((x) => b.apply(reshape(a.apply(x), [x.shape[0], x.shape[1] * 1])));
    expect(namesOf(net)).toEqual(both('0', '1'));
    expect(net.forward(x).shape).toEqual([2, 3]);
  });

  /** Fails where its input is not of two rows. */
  const picky = (build: (x: Node) => Node) => (x: Node) => {
    if (x.shape[0] !== 2) throw new Error('two rows');
    return build(x);
  };

  it('and fails with ones: shows its layers after the first forward, and says so before', () => {
    const [fc, scale, dropout] = [linear(), Parameter.from([1], [1], o), new Dropout(0.5, o)];
    const late = () =>
      new Graph(
        picky((x) => dropout.apply(mul(fc.apply(x), scale))),
        o,
      );
    const message = 'Graph: the function cannot run without shapes, so its layers and parameters are known after';
    for (const around of [late(), new Sequential(late()), new Residual(late())]) {
      expect(() => around.parameters()).toThrow(message);
      expect(() => around.stateDict()).toThrow(message);
      around.forward(x);
      expect(around.parameters()).toHaveLength(3);
    }
    const net = late().eval();
    expect(() => net.zeroGrad()).toThrow('known after');
    net.forward(x);
    expect(namesOf(net)).toEqual(['1', ...both('0')]);
    // It joined a graph that was in eval().
    expect(dropout.training).toBe(false);
  });

  it('and never ends with ones: is stopped, and says so', () => {
    const fc = linear();
    const grown = (x: Node) => {
      let y = fc.apply(x);
      while (y.shape[0] < 8) y = concat([y, y]);
      return y;
    };
    const net = new Graph(grown);
    expect(() => net.parameters()).toThrow(/known after .* 100000 steps: a loop that ends by a size never does/);
    expect(net.forward(x).shape).toEqual([8, 3]);
    expect(namesOf(net)).toEqual(both('0'));
    expect(namesOf(new Graph(grown, { names: { fc } }))).toEqual(both('fc'));
  });

  it('takes the layers of a graph inside in where they belong', () => {
    const [fc, scale] = [linear(), Parameter.from([2], [1], o)];
    const inner = new Graph(
      picky((x) => mul(fc.apply(x), scale)),
      o,
    );
    const outer = new Graph((x) => relu(inner.apply(x)));
    expect(() => outer.parameters()).toThrow('known after the first forward only');
    outer.forward(x);
    expect(namesOf(outer)).toEqual(['0.1', ...both('0.0')]);
    expect(namesOf(inner)).toEqual(['1', ...both('0')]);
  });

  it('needs all names or none', () => {
    const [a, b] = [linear(), linear()];
    const f = picky((x) => b.apply(a.apply(x)));
    const net = new Graph(f, { names: { a, b } });
    expect(namesOf(net)).toEqual(both('a', 'b'));
    expect(net.forward(x).shape).toEqual([2, 3]);
    expect(() => new Graph(f, { names: { a } }).forward(x)).toThrow(
      'Linear is not one of the layers that the function',
    );
    expect(new Graph(picky(relu), { ...o, names: {} }).parameters()).toEqual([]);
  });

  it('may take what a layer of several outputs gives by its place', () => {
    const [mix, fc] = [new Mix(o), linear()];
    const net = new Graph((x) => fc.apply(mix.apply(x, x)[1]), { names: { mix } });
    expect(namesOf(net)).toEqual(['mix.weight', ...both('0')]);
    expect(net.forward(x).shape).toEqual([2, 3]);
  });

  it('may loop over parts whose number it does not know', () => {
    const heads = [linear(), linear(), linear()];
    const net = new Graph(
      (x) => {
        let total: Node | undefined;
        let i = 0;
        for (const part of split(x, 1, 0)) {
          const y = heads[i++ % 3].apply(part);
          total = total ? mul(total, y) : y;
        }
        return total as Node;
      },
      { names: { 0: heads[0], 1: heads[1], 2: heads[2] } },
    );
    expect(namesOf(net)).toEqual(both('0', '1', '2'));
    expect(net.forward(Tensor.ones([3, 3], o)).shape).toEqual([1, 3]);
  });
});

describe('a graph is a layer', () => {
  const make = () => {
    const [fc, head] = [linear(), linear()];
    return new Graph((x) => sum(head.apply(relu(fc.apply(x)))), { names: { fc, head } });
  };

  it('loads a state dict, or says what does not fit and stays as it was', () => {
    const [from, to] = [make(), make()];
    to.loadStateDict(from.stateDict());
    expect(bitsOf([to.forward(x)])).toEqual(bitsOf([from.forward(x)]));
    const { 'fc.bias': _, ...rest } = make().stateDict();
    const before = bitsOf(to.parameters());
    const faulty = { ...rest, 'head.bias': Tensor.ones([4], o), more: x };
    expect(() => to.loadStateDict(faulty)).toThrow(
      'Graph.loadStateDict: fc.bias is missing; head.bias expected [3], got [4]; more is unexpected',
    );
    expect(bitsOf(to.parameters())).toEqual(before);
  });

  it('trains: its parameters move and gradients are cleared', () => {
    const net = make();
    const optimizer = new SGD(net.parameters(), { lr: 0.01 });
    const losses = Array.from({ length: 20 }, () => {
      net.zeroGrad();
      expect(net.parameters().every(({ grad }) => grad.data.every((value) => value === 0))).toBe(true);
      const loss = net.forward(x).data[0];
      net.backward();
      optimizer.step();
      return loss;
    });
    expect(losses.every((loss, i) => i === 0 || loss < losses[i - 1])).toBe(true);
  });

  it('gives the same in Sequential, in Residual, in another graph and by itself', () => {
    const fc = linear();
    const graph = () => new Graph((x) => relu(fc.apply(x)));
    const dy = Tensor.randn([2, 3], o);
    const run = (layer: Sequential | Graph<(x: Node) => Node>) => {
      fc.zeroGrad();
      return bitsOf([layer.forward(x), layer.backward(dy), fc.weight.grad, fc.bias?.grad]);
    };
    const want = run(new Sequential(fc, new ReLU(o)));
    const inner = graph();
    const wrapped = new Sequential(graph());
    const shell = (layer: Sequential | Graph<(x: Node) => Node>) => new Graph((x) => layer.apply(x));
    for (const layer of [graph(), wrapped, shell(inner), shell(wrapped), new Sequential(shell(shell(graph())))]) {
      expect(run(layer)).toEqual(want);
    }
    const residual = new Residual(fc);
    const sums = new Sequential(new Residual(new Sequential(graph()), { shortcut: new Sequential(new ReLU(o)) }));
    expect([...residual.forward(x).data]).toEqual([...fc.forward(x).data].map((y, i) => Math.fround(y + x.data[i])));
    expect(sums.forward(x).shape).toEqual([2, 3]);
    expect(sums.backward(dy).shape).toEqual([2, 3]);
  });
});
