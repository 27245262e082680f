import { expect, it } from 'vitest';
import { Tape } from '../reference/tape.ts';
import { circuits } from './worked/circuits.ts';
import { differences } from './worked/difference.ts';
import { network } from './worked/logistic-network.ts';
import { sum } from './worked/matrix.ts';

type Numbers = number | readonly Numbers[];
const flat = (numbers: Numbers): number[] => (typeof numbers === 'number' ? [numbers] : numbers.flatMap(flat));

const near = (got: Numbers, expected: Numbers, digits: number) => {
  const [values, wanted] = [flat(got), flat(expected)];
  expect(values.length).toBe(wanted.length);
  values.forEach((value, i) => expect(value, `number ${i + 1}`).toBeCloseTo(wanted[i], digits));
};

it('(x + y)·z has the numbers of the CS231n notes', () => {
  const { f, dx, dy, dz, x, y, z } = circuits.product;
  expect([f, dx, dy, dz]).toEqual([-12, -4, -4, 3]);
  near(
    [dx, dy, dz],
    differences(([x, y, z]) => (x + y) * z, [x, y, z]),
    9,
  );
});

it('the neuron has the two decimals of the CS231n notes', () => {
  const { f, dw0, dw1, dw2, dx0, dx1 } = circuits.neuron;
  near([f, dw0, dw1, dw2, dx0, dx1], [0.73, -0.2, -0.39, 0.2, 0.39, -0.59], 2);
});

it('the neuron has the gradients of its function, gate by gate and with the sigmoid as one gate', () => {
  const { w0, w1, w2, x0, x1, f, dw0, dw1, dw2, dx0, dx1, one } = circuits.neuron;
  const numeric = differences(
    ([w0, w1, w2, x0, x1]) => 1 / (1 + Math.exp(-(w0 * x0 + w1 * x1 + w2))),
    [w0, w1, w2, x0, x1],
  );
  near([dw0, dw1, dw2, dx0, dx1], numeric, 9);
  near([one.f, one.dw, one.dx], [f, dw0, dw1, dw2, dx0, dx1], 15);
});

it('the neuron is the same on the tape, every value and gradient of it', () => {
  const { neuron } = circuits;
  const t = new Tape();
  const [w0, w1, w2, x0, x1] = [neuron.w0, neuron.w1, neuron.w2, neuron.x0, neuron.x1].map((v) => t.leaf([], [v]));
  const [p0, p1] = [t.mul(w0, x0), t.mul(w1, x1)];
  const s = t.add(p0, p1);
  const z = t.add(s, w2);
  const n = t.neg(z);
  const e = t.exp(n);
  const d = t.add(e, 1);
  const f = t.div(1, d);
  t.backward([[f, [1]]]);
  for (const [name, { data, grad }] of Object.entries({ w0, w1, w2, x0, x1, p0, p1, s, z, n, e, d, f })) {
    near([data[0], grad[0]], [neuron[name as 'w0'], neuron[`d${name}` as 'dw0']], 14);
  }
});

it('the laws, the ties and broadcasting are what the tape does', () => {
  const t = new Tape();
  const { laws, ties, broadcast } = circuits;
  for (const gate of ['add', 'mul', 'maximum', 'fork'] as const) {
    const { a, b, y, da, db, dy } = laws[gate];
    const [x, z] = [t.leaf([], [a]), t.leaf([], [b])];
    const result = gate === 'fork' ? t.mul(x, t.add(x, z)) : t[gate](x, z);
    t.backward([[result, [dy]]]);
    expect([result.data[0], x.grad[0], z.grad[0]], gate).toEqual([y, da, db]);
  }
  const [left, right, line] = [t.leaf([], [3]), t.leaf([], [3]), t.leaf([4], ties.max.x)];
  const [larger, largest] = [t.maximum(left, right), t.max(line)];
  t.backward([
    [larger, [ties.maximum.dy]],
    [largest, [ties.max.dy]],
  ]);
  expect([larger.data[0], left.grad[0], right.grad[0]]).toEqual([ties.maximum.y, ties.maximum.da, ties.maximum.db]);
  expect([largest.data[0], ...line.grad]).toEqual([ties.max.y, ...ties.max.dx]);

  const [matrix, row] = [t.leaf([2, 3], broadcast.a.flat()), t.leaf([3], broadcast.b)];
  const product = t.mul(matrix, row);
  t.backward([[product, broadcast.dy.flat()]]);
  near([...product.data, ...matrix.grad, ...row.grad], [broadcast.y, broadcast.da, broadcast.db], 15);
});

it("micrograd's expression has the four decimals of its README", () => {
  const { a, b, g } = circuits.micrograd;
  near([g[0], a[1], b[1]], [24.7041, 138.8338, 645.5773], 4);
});

it("micrograd's expression has the gradients of its function, each the sum of its ways", () => {
  const { micrograd } = circuits;
  const g = ([a, b]: number[]) => {
    let c = a + b;
    let d = a * b + b ** 3;
    c += c + 1;
    c += 1 + c + -a;
    d += d * 2 + Math.max(b + a, 0);
    d += 3 * d + Math.max(b - a, 0);
    const f = (c - d) ** 2;
    return f / 2 + 10 / f;
  };
  near(micrograd.g[0], g([-4, 2]), 14);
  near([micrograd.a[1], micrograd.b[1]], differences(g, [-4, 2]), 5);
  for (const [name, ways] of Object.entries(micrograd.ways)) near(sum(ways), micrograd[name as 'a'][1], 12);
});

it('the logistic network by gates has the numbers of chapter 5', () => {
  const { layers, difference, error } = circuits.network;
  layers.forEach(({ weight, bias, input, product, z, a }, l) => {
    const { delta, dweight, dbias } = network.gradients[l];
    near(weight, [network.layers[l].weight, dweight], 15);
    near(bias, [network.layers[l].bias, dbias], 15);
    near(z, [network.states[l].z, delta], 15);
    near(product[1], delta, 15);
    near(a, [network.states[l].a, network.da[l] ?? network.outputGradient], 15);
    near(input[0], l > 0 ? network.states[l - 1].a : network.x, 15);
  });
  near(difference, [network.outputGradient, network.outputGradient], 15);
  near(error, [network.error, 1], 15);
});
