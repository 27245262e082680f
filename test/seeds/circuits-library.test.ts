import { expect, it } from 'vitest';
import {
  add,
  concat,
  div,
  exp,
  Graph,
  matmul,
  max,
  maximum,
  mul,
  type Node,
  neg,
  pow,
  reciprocal,
  relu,
  sigmoid,
  square,
  sub,
  sum,
  Tensor,
  transpose,
} from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectWorked } from './expect-worked.ts';
import { circuits } from './worked/circuits.ts';
import { network } from './worked/logistic-network.ts';

forEachBuild((core, dtype) => {
  const on = { core, dtype };
  const number = (value: number) => Tensor.from([value], [], on);

  /** f and its gradients at numbers. */
  function at(f: (...nodes: Node[]) => Node, values: number[], upstream = 1) {
    const graph = new Graph(f, on);
    const y = (graph.forward(...values.map(number)) as Tensor).data[0];
    const gradients = [graph.backward(upstream)].flat() as Tensor[];
    return { y, gradients: gradients.map(({ data }) => data[0]), graph };
  }

  it('(x + y)·z at (−2, 5, −4) is −12, with gradients −4, −4, 3', () => {
    const { y, gradients } = at((x, y, z) => mul(add(x, y), z), [-2, 5, -4]);
    expect([y, ...gradients]).toEqual([-12, -4, -4, 3]);
  });

  it('the sigmoid neuron is the same gate by gate and with the sigmoid as one gate', () => {
    const { w0, w1, w2, x0, x1, f, dw0, dw1, dw2, dx0, dx1 } = circuits.neuron;
    const sumOf = (w0: Node, w1: Node, w2: Node, x0: Node, x1: Node) => add(add(mul(w0, x0), mul(w1, x1)), w2);
    type Five = [Node, Node, Node, Node, Node];
    const byGates = (...nodes: Node[]) => reciprocal(add(exp(neg(sumOf(...(nodes as Five)))), 1));
    const asOne = (...nodes: Node[]) => sigmoid(sumOf(...(nodes as Five)));
    for (const circuit of [byGates, asOne]) {
      const { y, gradients, graph } = at(circuit, [w0, w1, w2, x0, x1]);
      const digits = dtype === 'f32' ? 6 : 14;
      [y, ...gradients].forEach((value, i) => {
        expect(value).toBeCloseTo([f, dw0, dw1, dw2, dx0, dx1][i], digits);
      });
      if (circuit === asOne) continue;
      // Every value and gradient on the way, as the picture in docs/derivations.md has them.
      const traced = Object.fromEntries(graph.trace().map((node) => [node.operation, node]));
      const { n, dn, e, de, d, dd, df } = circuits.neuron;
      for (const [operation, value, gradient] of [
        ['neg', n, dn],
        ['exp', e, de],
        ['reciprocal', f, df],
      ] as const) {
        expect(traced[operation].value[0]).toBeCloseTo(value, digits);
        expect(traced[operation].gradient?.[0]).toBeCloseTo(gradient, digits);
      }
      expect([traced.add.value[0], traced.add.gradient?.[0]]).toEqual([expect.closeTo(d, 6), expect.closeTo(dd, 6)]);
    }
  });

  it('add distributes, mul swaps, maximum routes, a fork adds', () => {
    const { laws } = circuits;
    const gates = { add, mul, maximum, fork: (a: Node, b: Node) => mul(a, add(a, b)) };
    for (const [name, gate] of Object.entries(gates)) {
      const { a, b, y, da, db, dy } = laws[name as keyof typeof laws];
      const got = at(gate as (...nodes: Node[]) => Node, [a, b], dy);
      expect([got.y, ...got.gradients], name).toEqual([y, da, db]);
    }
  });

  it('ties share the gradient, and what was broadcast collects it', () => {
    const { ties, broadcast } = circuits;
    const half = at((a, b) => maximum(a, b), [ties.maximum.a, ties.maximum.b], ties.maximum.dy);
    expect([half.y, ...half.gradients]).toEqual([ties.maximum.y, ties.maximum.da, ties.maximum.db]);
    const largest = new Graph((x) => max(x), on);
    expect(largest.forward(Tensor.from(ties.max.x, [4], on)).data[0]).toBe(ties.max.y);
    expectWorked(largest.backward(ties.max.dy) as Tensor, ties.max.dx, 0);
    const product = new Graph((a, b) => mul(a, b), on);
    expectWorked(
      product.forward(Tensor.from(broadcast.a.flat(), [2, 3], on), Tensor.from(broadcast.b, [3], on)),
      broadcast.y,
      2,
    );
    const [da, db] = product.backward(Tensor.from(broadcast.dy.flat(), [2, 3], on));
    expectWorked(da, broadcast.da, 2);
    expectWorked(db, broadcast.db, 4);
  });

  it("micrograd's README: 24.7041, 138.8338, 645.5773", () => {
    const expression = (a: Node, b: Node) => {
      let c = add(a, b);
      let d = add(mul(a, b), pow(b, 3));
      c = add(c, add(c, 1));
      c = add(c, add(add(1, c), neg(a)));
      d = add(d, add(mul(d, 2), relu(add(b, a))));
      d = add(d, add(mul(3, d), relu(sub(b, a))));
      const f = square(sub(c, d));
      return add(div(f, 2), div(10, f));
    };
    const { y, gradients } = at(expression as (...nodes: Node[]) => Node, [-4, 2]);
    const digits = dtype === 'f32' ? 3 : 4;
    [y, ...gradients].forEach((value, i) => void expect(value).toBeCloseTo([24.7041, 138.8338, 645.5773][i], digits));
  });

  it('the logistic network by gates has the numbers of chapter 5', () => {
    const { layers, x, target, error, gradients } = network;
    const graph = new Graph((...nodes: Node[]) => {
      let a = nodes[6];
      for (let l = 0; l < 3; l++) a = sigmoid(add(matmul(a, transpose(nodes[2 * l], 0, 1)), nodes[2 * l + 1]));
      return mul(0.5, sum(square(sub(a, nodes[7]))));
    }, on);
    const parameters = layers.flatMap(({ weight, bias }) => [
      Tensor.from(weight.flat(), [weight.length, weight[0].length], on),
      Tensor.from(bias, [bias.length], on),
    ]);
    const value = graph.forward(...parameters, Tensor.from(x, [1, 2], on), Tensor.from(target, [1, 1], on)) as Tensor;
    expectWorked(value, error, 40, 3);
    const got = graph.backward() as readonly Tensor[];
    gradients.forEach(({ dweight, dbias }, l) => {
      expectWorked(got[2 * l], dweight, 40, 3);
      expectWorked(got[2 * l + 1], dbias, 40, 3);
    });
  });

  it('a concatenation hands each part its piece of the gradient', () => {
    const graph = new Graph((a, b) => sum(mul(concat([a, b], 0), concat([b, a], 0))), on);
    expect(graph.forward(Tensor.from([1, 2], [2], on), Tensor.from([3, 4], [2], on)).data[0]).toBe(22);
    const [da, db] = graph.backward();
    expect([[...da.data], [...db.data]]).toEqual([
      [6, 8],
      [2, 4],
    ]);
  });
});
