import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  add,
  Graph,
  Linear,
  mul,
  type Node,
  Residual,
  relu,
  Sequential,
  split,
  sum,
  Tensor,
  type UpstreamGradient,
} from '../../src/index.ts';
import { newCore } from '../support/builds.ts';

const core = await newCore({ simd: 'plain' });
const o = { core };
const x = Tensor.ones([2, 4], o);

describe('what forward and backward take and give follows from the function', () => {
  it('of one input and one result: bare tensors', () => {
    const f = new Graph((x) => relu(x), o);
    expectTypeOf(f.forward).toEqualTypeOf<(x: Tensor) => Tensor>();
    expectTypeOf(f.backward).returns.toEqualTypeOf<Tensor>();
    expectTypeOf(f.backward).parameters.toEqualTypeOf<UpstreamGradient[]>();
    expect(f.forward(x)).toBeInstanceOf(Tensor);
    expect(f.backward(x)).toBeInstanceOf(Tensor);
  });

  it('of several inputs: a gradient for each', () => {
    const two = new Graph((x, y) => mul(x, y), o);
    const three = new Graph((x, y, z) => sum(mul(add(x, y), z)), o);
    expectTypeOf(two.forward).parameters.toEqualTypeOf<[x: Tensor, y: Tensor]>();
    expectTypeOf(three.forward).parameters.toEqualTypeOf<[x: Tensor, y: Tensor, z: Tensor]>();
    expectTypeOf(three.forward).returns.toEqualTypeOf<Tensor>();
    expectTypeOf(three.backward).returns.toEqualTypeOf<readonly Tensor[]>();
    three.forward(x, x, x);
    const [dx, dy, dz] = three.backward();
    expect([dx, dy, dz].every((gradient) => gradient instanceof Tensor)).toBe(true);
  });

  it('of an array: a tensor for each of its nodes, also of one', () => {
    const pair = new Graph((x) => [relu(x), sum(x)] as const, o);
    expectTypeOf(pair.forward).returns.toEqualTypeOf<readonly [Tensor, Tensor]>();
    const list = new Graph((x) => [relu(x), sum(x)], o);
    expectTypeOf(list.forward).returns.toEqualTypeOf<Tensor[]>();
    const parts = new Graph((x) => split(x, 4, 1), o);
    expectTypeOf(parts.forward).returns.toEqualTypeOf<readonly Tensor[]>();
    expect(parts.forward(x)).toHaveLength(1);
    const [y, total] = pair.forward(x);
    expect([y.size, total.size]).toEqual([8, 1]);
    expect(pair.backward(x, 1).size).toBe(8);
  });

  it('of as many as there come: lists', () => {
    const f = new Graph((...nodes: Node[]) => nodes.reduce((y, node) => add(y, node)), o);
    expectTypeOf(f.forward).parameters.toEqualTypeOf<Tensor[]>();
    expect(f.forward(x, x, x).data[0]).toBe(3);
    expect(f.backward(x)).toHaveLength(3);
    f.forward(x);
    expectTypeOf(f.backward).returns.toEqualTypeOf<readonly Tensor[]>();
    expect(f.backward(x)).toHaveLength(1);
  });

  it('refuses what does not fit', () => {
    const f = new Graph((x, y) => mul(x, y), o);
    // @ts-expect-error one input too few
    expect(() => f.forward(x)).toThrow();
    // @ts-expect-error one too many
    expect(() => f.forward(x, x, x)).toThrow();
    // @ts-expect-error no tensor
    expect(() => f.forward(x, 3)).toThrow();
    // @ts-expect-error no node
    expect(() => new Graph(() => 3, o).forward()).toThrow();
  });
});

describe('a graph is a layer', () => {
  const fc = new Linear(4, 4, o);
  const one = new Graph((x) => relu(fc.apply(x)), { names: { fc } });

  it('of one input and one result stands in Sequential, Residual and names', () => {
    const net = new Sequential(one, new Residual(one.fork()), fc.fork());
    expectTypeOf(net.forward).returns.toEqualTypeOf<Tensor>();
    const outer = new Graph((x) => net.apply(one.apply(x)), { names: { net, one } });
    expect(outer.forward(x).shape).toEqual([2, 4]);
  });

  it('of several does not stand in Sequential', () => {
    const two = new Graph((x, y) => mul(x, y), o);
    const list = new Graph((x) => [x, relu(x)] as const, o);
    // @ts-expect-error two inputs
    void (() => new Sequential(two));
    // @ts-expect-error two results
    void (() => new Sequential(list));
  });

  it('applied to nodes gives a node for each result', () => {
    const pair = new Graph((x, y) => [mul(x, y), add(x, y)] as const, o);
    const net = new Graph((x) => {
      const y = one.apply(x);
      expectTypeOf(y).toEqualTypeOf<Node>();
      const results = pair.apply(x, y);
      expectTypeOf(results).toEqualTypeOf<readonly [Node, Node]>();
      const [product, total] = results;
      return mul(product, total);
    }, o);
    expect(net.forward(x).shape).toEqual([2, 4]);
    // @ts-expect-error two nodes are wanted
    void (() => pair.apply(undefined as unknown as Node));
  });
});
