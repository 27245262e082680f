import { Tape, type Value } from '../../reference/tape.ts';
import { logistic, network } from './logistic-network.ts';
import { type Matrix, sumRows } from './matrix.ts';

// f = (x + y)·z, from the notes of Stanford's CS231n, "Backpropagation, Intuitions".
function product(x: number, y: number, z: number) {
  const q = x + y;
  const f = q * z;
  const df = 1;
  const [dq, dz] = [z * df, q * df];
  const [dx, dy] = [dq, dq];
  return { x, y, z, q, f, df, dq, dx, dy, dz };
}

// f = σ(w₀x₀ + w₁x₁ + w₂), from the same notes, gate by gate.
function neuron(w: number[], x: number[]) {
  const [w0, w1, w2] = w;
  const [x0, x1] = x;
  const p0 = w0 * x0;
  const p1 = w1 * x1;
  const s = p0 + p1;
  const z = s + w2;
  const n = -z;
  const e = Math.exp(n);
  const d = e + 1;
  const f = 1 / d;

  const df = 1;
  const dd = (-1 / (d * d)) * df;
  const de = dd;
  const dn = e * de;
  const dz = -dn;
  const [ds, dw2] = [dz, dz];
  const [dp0, dp1] = [ds, ds];
  const [dw1, dx1] = [x1 * dp1, w1 * dp1];
  const [dw0, dx0] = [x0 * dp0, w0 * dp0];

  // σ as one gate, from the same z.
  const sigmoid = logistic(z);
  const slope = sigmoid * (1 - sigmoid);
  const one = { f: sigmoid, slope, dw: [x0 * slope, x1 * slope, slope], dx: [w0 * slope, w1 * slope] };
  const values = { w0, w1, w2, x0, x1, p0, p1, s, z, n, e, d, f };
  return { ...values, ...{ df, dd, de, dn, dz, ds, dp0, dp1, dw0, dw1, dw2, dx0, dx1 }, one };
}

// What each gate does to the gradient 5 that comes to it.
function laws(a: number, b: number, dy: number) {
  const s = a + b;
  return {
    add: { a, da: dy, b, db: dy, y: s, dy },
    mul: { a, da: b * dy, b, db: a * dy, y: a * b, dy },
    maximum: { a, da: a > b ? dy : 0, b, db: a > b ? 0 : dy, y: Math.max(a, b), dy },
    // a·(a + b): a reaches y at once, and through s.
    fork: { a, direct: s * dy, through: a * dy, da: s * dy + a * dy, b, db: a * dy, s, ds: a * dy, y: a * s, dy },
  };
}

const ties = {
  maximum: { a: 3, b: 3, y: 3, dy: 5, da: 5 / 2, db: 5 / 2 },
  max: { x: [3, 1, 3, 2], y: 3, dy: 5, dx: [5 / 2, 0, 5 / 2, 0] },
};

// Y = A∘b: the row b is used once in every row of A.
function broadcast(a: Matrix, b: number[], dy: Matrix) {
  const times = (rows: Matrix, row: (i: number) => number[]) => rows.map((r, i) => r.map((v, j) => v * row(i)[j]));
  const dcopies = times(dy, (i) => a[i]);
  return { a, b, y: times(a, () => b), dy, da: times(dy, () => b), dcopies, db: sumRows(dcopies) };
}

// The expression in the README of Andrej Karpathy's micrograd, line by line; c0, c1, … are what c is in turn.
function micrograd() {
  const t = new Tape();
  const [a, b] = [-4, 2].map((value) => t.leaf([], [value]));
  const c0 = t.add(a, b); //                                                      c = a + b
  const d0 = t.add(t.mul(a, b), t.pow(b, 3)); //                                  d = a * b + b**3
  const c1 = t.add(c0, t.add(c0, 1)); //                                          c += c + 1
  const c2 = t.add(c1, t.add(t.add(1, c1), t.neg(a))); //                         c += 1 + c + (-a)
  const d1 = t.add(d0, t.add(t.mul(d0, 2), t.relu(t.add(b, a)))); //              d += d * 2 + (b + a).relu()
  const d2 = t.add(d1, t.add(t.mul(3, d1), t.relu(t.sub(b, a)))); //              d += 3 * d + (b - a).relu()
  const e = t.sub(c2, d2); //                                                     e = c - d
  const f = t.pow(e, 2); //                                                       f = e**2
  const g0 = t.div(f, 2); //                                                      g = f / 2.0
  const g = t.add(g0, t.div(10, f)); //                                           g += 10.0 / f
  t.backward([[g, [1]]]);

  const stages = { a, b, c0, d0, c1, c2, d1, d2, e, f, g0, g };
  type Stage = keyof typeof stages;
  const of = <T>(part: (value: Value) => T) =>
    Object.fromEntries(Object.entries(stages).map(([name, value]) => [name, part(value)])) as Record<Stage, T>;
  const v = of(({ data }) => data[0]);
  const d = of(({ grad }) => grad[0]);
  return {
    ...of(({ data, grad }) => [data[0], grad[0]]),
    /** What comes back to each from every line that uses it; relu(b + a) passes nothing. */
    ways: {
      a: [d.c0, -d.c2, v.b * d.d0, 0, -d.d2],
      b: [d.c0, (v.a + 3 * v.b ** 2) * d.d0, 0, d.d2],
      ...{ c0: [2 * d.c1], c1: [2 * d.c2], c2: [d.e] },
      ...{ d0: [3 * d.d1], d1: [4 * d.d2], d2: [-d.e] },
      ...{ e: [2 * v.e * d.f], f: [d.g0 / 2, (-10 / v.f ** 2) * d.g], g0: [d.g] },
    },
  };
}

// The network of chapter 5 by the gates matmul, add, sigmoid, sub, square, sum and mul.
function networkByGates() {
  const t = new Tape();
  const x = t.leaf([2], network.x);
  let a = x;
  const layers = network.layers.map((layer) => {
    const weight = t.leaf([layer.weight.length, layer.weight[0].length], layer.weight.flat());
    const bias = t.leaf([layer.bias.length], layer.bias);
    const input = a;
    const product = t.matmul(weight, input);
    const z = t.add(product, bias);
    a = t.sigmoid(z);
    return { weight, bias, input, product, z, a };
  });
  const difference = t.sub(a, t.leaf([1], network.target));
  const square = t.square(difference);
  const sum = t.sum(square);
  const error = t.mul(sum, 0.5);
  t.backward([[error, [1]]]);

  /** Numbers and their gradients. */
  const pair = ({ data, grad }: Value): Matrix => [[...data], [...grad]];
  return {
    layers: layers.map(({ weight, bias, input, product, z, a }) => ({
      ...{ weight: pair(weight), bias: pair(bias), input: pair(input) },
      ...{ product: pair(product), z: pair(z), a: pair(a) },
    })),
    ...{ difference: pair(difference), square: pair(square), sum: pair(sum), error: pair(error) },
  };
}

const [matrix, row] = [
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
  [2, -1, 0.5],
];

export const circuits = {
  broadcast: broadcast(matrix, row, [
    [1, 0, 2],
    [-1, 1, 4],
  ]),
  ties,
  product: product(-2, 5, -4),
  neuron: neuron([2, -3, -3], [-1, -2]),
  laws: laws(3, -1, 5),
  micrograd: micrograd(),
  network: networkByGates(),
};
