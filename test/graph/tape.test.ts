import { describe, expect, it } from 'vitest';
import { readCases } from '../golden/format.ts';
import { sizeOf } from '../reference/index-space.ts';
import { Tape, type Value } from '../reference/tape.ts';
import { expectClose } from '../support/close.ts';
import { readBytes } from '../support/files.ts';
import { Random } from '../support/random.ts';
import { dot, slope, units } from './slope.ts';

const flat = (numbers: unknown): number[] => [numbers].flat(Infinity) as number[];

/** Leaves of these shapes, by rows of numbers. */
const leaf = (t: Tape, numbers: unknown): Value => {
  const shape: number[] = [];
  for (let n = numbers; Array.isArray(n); n = n[0]) shape.push(n.length);
  return t.leaf(shape, flat(numbers));
};

const index = (shape: number[], data: number[]) => ({ shape, data });

interface Known {
  name: string;
  inputs: unknown[];
  gate(t: Tape, ...x: Value[]): Value;
  y: unknown;
  dy: unknown;
  grads: unknown[];
}

const known = (name: string, inputs: unknown[], gate: Known['gate'], y: unknown, dy: unknown, ...grads: unknown[]) =>
  ({ name, inputs, gate, y, dy, grads }) satisfies Known;

const rows = [
  [1, 2, 3],
  [4, 5, 6],
];

/** Worked out by hand from the definitions in PyTorch's documentation: inputs, gate; y, dy, gradients. */
// biome-ignore format: a table
const cases: Known[] = [
  known('add broadcasts', [rows, [10, 20, 30]], (t, a, b) => t.add(a, b),
    [[11, 22, 33], [14, 25, 36]], rows, rows, [5, 7, 9]),
  known('sub', [[5, 1], [3]], (t, a, b) => t.sub(a, b), [2, -2], [1, 10], [1, 10], [-11]),
  known('mul by itself', [[3, -2]], (t, x) => t.mul(x, x), [9, 4], [1, 2], [6, -8]),
  known('mul of a column and a row', [[[1], [2]], [3, 4]], (t, a, b) => t.mul(a, b),
    [[3, 4], [6, 8]], [[1, 0], [0, 1]], [[3], [4]], [1, 2]),
  known('div', [[6, 1], [2, 4]], (t, a, b) => t.div(a, b), [3, 0.25], [1, 16], [0.5, 4], [-1.5, -1]),
  known('numbers as operands', [[2, 4]], (t, x) => t.div(t.sub(1, x), 2), [-0.5, -1.5], [1, 2], [-0.5, -1]),
  known('maximum, a tie', [[1, 5, 3], [2, 4, 3]], (t, a, b) => t.maximum(a, b),
    [2, 5, 3], [1, 1, 1], [0, 1, 0.5], [1, 0, 0.5]),
  known('minimum, a tie', [[1, 5, 3], [2, 4, 3]], (t, a, b) => t.minimum(a, b),
    [1, 4, 3], [1, 1, 1], [1, 0, 0.5], [0, 1, 0.5]),
  known('maximum of NaN', [[NaN, 1], [1, NaN]], (t, a, b) => t.maximum(a, b), [NaN, NaN], [1, 2], [1, 2], [1, 2]),
  known('minimum of NaN', [[NaN, 1], [1, NaN]], (t, a, b) => t.minimum(a, b), [NaN, NaN], [1, 2], [1, 2], [1, 2]),
  known('neg', [[1, -2]], (t, x) => t.neg(x), [-1, 2], [3, 4], [-3, -4]),
  known('exp', [[0, -Infinity]], (t, x) => t.exp(x), [1, 0], [3, 4], [3, 0]),
  known('log', [[1, 0]], (t, x) => t.log(x), [0, -Infinity], [3, 4], [3, Infinity]),
  known('sqrt', [[4, 0]], (t, x) => t.sqrt(x), [2, 0], [1, 1], [0.25, Infinity]),
  known('square', [[3, -1]], (t, x) => t.square(x), [9, 1], [1, 2], [6, -4]),
  known('pow', [[2, 1, -2], [3, 7, 2]], (t, a, b) => t.pow(a, b),
    [8, 1, 4], [1, 1, 1], [12, 7, -4], [8 * Math.log(2), 0, NaN]),
  known('pow at 0', [[0, 0, 3, 0], [0, 2, 0, 0.5]], (t, a, b) => t.pow(a, b),
    [1, 0, 1, 0], [1, 1, 1, 1], [0, 0, 0, Infinity], [0, 0, Math.log(3), 0]),
  known('pow of 0 and a negative', [[0], [-1]], (t, a, b) => t.pow(a, b), [Infinity], [1], [-Infinity], [-Infinity]),
  known('pow of ±1', [[1, 1, -1], [NaN, Infinity, Infinity]], (t, a, b) => t.pow(a, b),
    [1, 1, 1], [1, 1, 1], [NaN, Infinity, Infinity], [0, 0, NaN]),
  known('abs', [[-3, 0, 2]], (t, x) => t.abs(x), [3, 0, 2], [1, 2, 3], [-1, 0, 3]),
  known('clamp', [[-2, -1, 0, 1, 2, NaN]], (t, x) => t.clamp(x, -1, 1),
    [-1, -1, 0, 1, 1, NaN], [1, 2, 3, 4, 5, 6], [0, 2, 3, 4, 0, 0]),
  known('clamp below only', [[-2, 5]], (t, x) => t.clamp(x, 0, Infinity), [0, 5], [1, 2], [0, 2]),
  known('relu', [[-1, 0, 2, NaN]], (t, x) => t.relu(x), [0, 0, 2, NaN], [1, 2, 3, 4], [0, 0, 3, 4]),
  known('sigmoid', [[0]], (t, x) => t.sigmoid(x), [0.5], [4], [1]),
  known('tanh', [[0, Infinity]], (t, x) => t.tanh(x), [0, 1], [4, 5], [4, 0]),
  known('sum of all', [rows], (t, x) => t.sum(x), 21, 2, [[2, 2, 2], [2, 2, 2]]),
  known('sum of rows', [rows], (t, x) => t.sum(x, -1), [6, 15], [1, 2], [[1, 1, 1], [2, 2, 2]]),
  known('sum over both axes, kept', [rows], (t, x) => t.sum(x, [0, 1], { keepdim: true }),
    [[21]], [[1]], [[1, 1, 1], [1, 1, 1]]),
  known('mean of columns, kept', [rows], (t, x) => t.mean(x, 0, { keepdim: true }),
    [[2.5, 3.5, 4.5]], [[2, 4, 6]], [[1, 2, 3], [1, 2, 3]]),
  known('mean of a scalar', [7], (t, x) => t.mean(x), 7, 3, 3),
  known('max, ties share', [[[1, 7, 7], [4, 2, 0]]], (t, x) => t.max(x, 1), [7, 4], [6, 5], [[0, 3, 3], [5, 0, 0]]),
  known('max over two axes', [[[[1, 2], [9, 0]], [[9, 9], [3, 4]]]], (t, x) => t.max(x, [0, 2]),
    [9, 9], [4, 6], [[[0, 0], [6, 0]], [[2, 2], [0, 0]]]),
  known('max of NaN', [[1, NaN]], (t, x) => t.max(x), NaN, 1, [NaN, NaN]),
  known('softmax', [[[0, 0], [1, 3]]], (t, x) => t.softmax(x, 1),
    [[0.5, 0.5], [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-2))]], [[1, 0], [1, 1]], [[0.25, -0.25], [0, 0]]),
  known('matmul of matrices', [rows, [[1, 0], [0, 1], [2, -1]]], (t, a, b) => t.matmul(a, b),
    [[7, -1], [16, -1]], [[1, 0], [0, 1]], [[1, 0, 2], [0, 1, -1]], [[1, 4], [2, 5], [3, 6]]),
  known('matmul of vectors', [[1, 2, 3], [4, 5, 6]], (t, a, b) => t.matmul(a, b), 32, 2, [8, 10, 12], [2, 4, 6]),
  known('matmul of a matrix and a vector', [rows, [1, 0, -1]], (t, a, b) => t.matmul(a, b),
    [-2, -2], [1, 2], [[1, 0, -1], [2, 0, -2]], [9, 12, 15]),
  known('matmul of a vector and a matrix', [[1, -1], rows], (t, a, b) => t.matmul(a, b),
    [-3, -3, -3], [1, 0, 2], [7, 16], [[1, 0, 2], [-1, 0, -2]]),
  known('matmul, leading axes broadcast', [[[[1, 2]], [[3, 4]]], [[1], [10]]], (t, a, b) => t.matmul(a, b),
    [[[21]], [[43]]], [[[1]], [[2]]], [[[1, 10]], [[2, 20]]], [[7], [10]]),
  known('transpose', [rows], (t, x) => t.transpose(x, 0, -1),
    [[1, 4], [2, 5], [3, 6]], [[1, 2], [3, 4], [5, 6]], [[1, 3, 5], [2, 4, 6]]),
  known('permute', [[[[1, 2, 3], [4, 5, 6]]]], (t, x) => t.permute(x, [2, 0, 1]),
    [[[1, 4]], [[2, 5]], [[3, 6]]], [[[1, 2]], [[3, 4]], [[5, 6]]], [[[1, 3, 5], [2, 4, 6]]]),
  known('reshape', [rows], (t, x) => t.reshape(x, [3, -1]),
    [[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]], [[7, 8, 9], [10, 11, 12]]),
  known('concat, one part twice', [[[1], [2]], [[3, 4], [5, 6]]], (t, a, b) => t.concat([a, b, a], -1),
    [[1, 3, 4, 1], [2, 5, 6, 2]], [[1, 2, 3, 4], [5, 6, 7, 8]], [[5], [13]], [[2, 3], [6, 7]]),
  known('split', [[1, 2, 3, 4, 5]], (t, x) => t.split(x, [2, 3], 0)[1], [3, 4, 5], [1, 2, 3], [0, 0, 1, 2, 3]),
  known('split by a number', [[1, 2, 3, 4, 5]], (t, x) => t.split(x, 2)[2], [5], [1], [0, 0, 0, 0, 1]),
  known('slice', [[[1, 2, 3, 4], [5, 6, 7, 8]]], (t, x) => t.slice(x, [[1, 2], [0, 4, 2]]),
    [[5, 7]], [[1, 2]], [[0, 0, 0, 0], [1, 0, 2, 0]]),
  known('slice from the end', [[1, 2, 3, 4]], (t, x) => t.slice(x, [[-3, -1]]), [2, 3], [1, 2], [0, 1, 2, 0]),
  known('pad, last axis first', [[[1, 2]]], (t, x) => t.pad(x, [1, 0, 0, 1], 9),
    [[9, 1, 2], [9, 9, 9]], [[1, 2, 3], [4, 5, 6]], [[2, 3]]),
  known('pad by less than nothing', [[1, 2, 3]], (t, x) => t.pad(x, [-1, 1]), [2, 3, 0], [1, 2, 3], [0, 1, 2]),
  known('gather, one place twice', [[[1, 2], [3, 4]]], (t, x) => t.gather(x, 1, index([2, 3], [0, 0, 1, 1, 0, 1])),
    [[1, 1, 2], [4, 3, 4]], [[1, 2, 3], [4, 5, 6]], [[3, 3], [5, 10]]),
  known('gather of fewer columns', [[[1, 2], [3, 4]]], (t, x) => t.gather(x, 0, index([2, 1], [1, 1])),
    [[3], [3]], [[1], [2]], [[0, 0], [3, 0]]),
  known('indexSelect', [rows], (t, x) => t.indexSelect(x, 1, index([3], [2, 0, 2])),
    [[3, 1, 3], [6, 4, 6]], [[1, 2, 3], [4, 5, 6]], [[2, 0, 4], [5, 0, 10]]),
  known('where', [[1, 2], [[10], [20]]], (t, a, b) => t.where(index([2], [1, 0]), a, b),
    [[1, 10], [1, 20]], [[1, 2], [3, 4]], [4, 0], [[2], [4]]),
];

describe('the tape, by hand', () => {
  it.each(cases)('$name', ({ inputs, gate, y, dy, grads }) => {
    const t = new Tape();
    const x = inputs.map((numbers) => leaf(t, numbers));
    const got = gate(t, ...x);
    const [expected, upstream] = [leaf(t, y), leaf(t, dy)];
    expect(got.shape).toEqual(expected.shape);
    expectClose(got.data, expected.data, { dtype: 'f64', terms: 4, scale: 10 });
    t.backward([[got, upstream.data]]);
    x.forEach(({ grad }, k) => expectClose(grad, flat(grads[k]), { dtype: 'f64', terms: 4, scale: 10 }));
  });

  it('adds up what comes to a fork, and to several outputs', () => {
    const t = new Tape();
    const [a, b, unused] = [t.leaf([], [3]), t.leaf([], [-2]), t.leaf([2], [1, 1])];
    const product = t.mul(a, b);
    const sum = t.add(product, a);
    const y = t.mul(sum, sum);
    t.backward([
      [y, [1]],
      [product, [10]],
    ]);
    expect([...sum.grad]).toEqual([-6]); // dy·2·(ab + a)
    expect([...product.grad]).toEqual([4]);
    expect([...a.grad]).toEqual([4 * -2 - 6]);
    expect([...b.grad]).toEqual([4 * 3]);
    expect([...unused.grad]).toEqual([0, 0]);
    t.backward([[sum, [1]]]);
    expect([...a.grad, ...b.grad]).toEqual([-1, 3]); // not added to what was there
  });

  it('says how near it came to a kink or a tie', () => {
    const t = new Tape();
    const x = t.leaf([4], [0.5, -0.25, 2, 1.5]);
    const margins = [t.square(x), t.relu(x), t.abs(x), t.clamp(x, -1, 1.75), t.max(x), t.maximum(x, 0.4)];
    expect(margins.map(({ margin }) => margin)).toEqual([Infinity, 0.25, 0.25, 0.25, 0.5, expect.closeTo(0.1, 15)]);
    expect(t.margin).toBeCloseTo(0.1, 15);
  });

  it('refuses what has no meaning', () => {
    const t = new Tape();
    const [a, b] = [t.leaf([2, 3], new Array(6).fill(1)), t.leaf([2], [1, 1])];
    expect(() => t.add(a, b)).toThrow('no broadcasting');
    expect(() => t.matmul(a, b)).toThrow('matmul');
    expect(() => t.reshape(a, [4])).toThrow('reshape');
    expect(() => t.permute(a, [0, 0])).toThrow('permute');
    expect(() => t.split(b, [1, 2])).toThrow('split');
    expect(() => t.sum(a, 2)).toThrow('dim 2 of rank 2');
    expect(() => t.leaf([2], [1])).toThrow('[2] of 1 numbers');
  });
});

interface Smooth {
  shapes: number[][];
  gate(t: Tape, ...x: Value[]): Value | Value[];
  /** The inputs' distribution, where it is not the standard normal one. */
  mean?: number;
  std?: number;
}

const pair = [
  [2, 1, 3],
  [4, 1],
];
const block = [[2, 3, 4]];

/** Every gate on shapes that make it broadcast or reduce; two that fork. */
const gates: Record<string, Smooth> = {
  add: { shapes: pair, gate: (t, a, b) => t.add(a, b) },
  sub: { shapes: pair, gate: (t, a, b) => t.sub(a, b) },
  mul: { shapes: pair, gate: (t, a, b) => t.mul(a, b) },
  div: { shapes: pair, gate: (t, a, b) => t.div(a, b), mean: 3, std: 0.5 },
  maximum: { shapes: pair, gate: (t, a, b) => t.maximum(a, b) },
  minimum: { shapes: pair, gate: (t, a, b) => t.minimum(a, b) },
  pow: { shapes: pair, gate: (t, a, b) => t.pow(a, b), mean: 2, std: 0.3 },
  neg: { shapes: block, gate: (t, x) => t.neg(x) },
  exp: { shapes: block, gate: (t, x) => t.exp(x) },
  log: { shapes: block, gate: (t, x) => t.log(x), mean: 3, std: 0.5 },
  sqrt: { shapes: block, gate: (t, x) => t.sqrt(x), mean: 3, std: 0.5 },
  square: { shapes: block, gate: (t, x) => t.square(x) },
  abs: { shapes: block, gate: (t, x) => t.abs(x) },
  relu: { shapes: block, gate: (t, x) => t.relu(x) },
  clamp: { shapes: block, gate: (t, x) => t.clamp(x, -0.5, 0.75) },
  sigmoid: { shapes: block, gate: (t, x) => t.sigmoid(x) },
  tanh: { shapes: block, gate: (t, x) => t.tanh(x) },
  sum: { shapes: block, gate: (t, x) => [t.sum(x), t.sum(x, [0, -1]), t.sum(x, 1, { keepdim: true })] },
  mean: { shapes: block, gate: (t, x) => [t.mean(x), t.mean(x, [0, -1]), t.mean(x, 1, { keepdim: true })] },
  max: { shapes: block, gate: (t, x) => [t.max(x), t.max(x, [0, -1]), t.max(x, 1, { keepdim: true })] },
  softmax: { shapes: block, gate: (t, x) => [t.softmax(x, 0), t.softmax(x, -1), t.softmax(x, 1)] },
  matmul: {
    shapes: [
      [2, 1, 2, 3],
      [3, 3, 4],
    ],
    gate: (t, a, b) => t.matmul(a, b),
  },
  'matmul of vectors': { shapes: [[3], [2, 3, 4], [4]], gate: (t, a, b, c) => t.matmul(t.matmul(a, b), c) },
  transpose: { shapes: block, gate: (t, x) => t.transpose(x, 0, -1) },
  permute: { shapes: block, gate: (t, x) => t.permute(x, [2, 0, 1]) },
  reshape: { shapes: block, gate: (t, x) => t.reshape(x, [4, -1]) },
  concat: {
    shapes: [
      [2, 3],
      [2, 1],
    ],
    gate: (t, a, b) => t.concat([a, b, a], 1),
  },
  split: { shapes: block, gate: (t, x) => t.split(x, [1, 3], 2) },
  slice: {
    shapes: block,
    gate: (t, x) =>
      t.slice(x, [
        [0, 2],
        [1, 3],
        [0, 4, 2],
      ]),
  },
  pad: { shapes: block, gate: (t, x) => t.pad(x, [1, 2, 0, 1], 0.5) },
  gather: { shapes: [[2, 3]], gate: (t, x) => t.gather(x, 1, index([2, 4], [0, 2, 2, 1, 1, 0, 1, 2])) },
  indexSelect: { shapes: block, gate: (t, x) => t.indexSelect(x, 1, index([4], [2, 2, 0, 1])) },
  where: { shapes: pair, gate: (t, a, b) => t.where(index([4, 3], [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0]), a, b) },
  'a fork': { shapes: block, gate: (t, x) => t.mul(t.tanh(x), t.add(x, t.square(x))) },
  'a fork of a fork': {
    shapes: pair,
    gate: (t, a, b) => {
      const sum = t.add(a, b);
      return [t.mul(sum, t.exp(t.neg(sum))), t.sub(sum, t.mean(sum, -1, { keepdim: true }))];
    },
  },
};

describe('the tape, against central differences', () => {
  it.each(Object.entries(gates))('%s', (_, { shapes, gate, mean = 0, std = 1 }) => {
    const random = new Random(11);
    const run = (inputs: readonly Float64Array[]) => {
      const t = new Tape();
      const leaves = shapes.map((shape, k) => t.leaf(shape, inputs[k]));
      return { t, leaves, outputs: [gate(t, ...leaves)].flat() };
    };
    const draw = () => shapes.map((shape) => random.normals(sizeOf(shape), mean, std));
    let x = draw();
    while (run(x).t.margin < 1e-3) x = draw();
    const { t, leaves, outputs } = run(x);
    const dy = outputs.map(({ data }) => random.normals(data.length));
    const loss = (inputs: Float64Array[]) =>
      dot(
        run(inputs).outputs.map(({ data }) => data),
        dy,
      );
    t.backward(outputs.map((output, k) => [output, dy[k]]));
    const grads = leaves.map(({ grad }) => grad);
    expect(dot(grads, grads)).toBeGreaterThan(0);
    for (const direction of units(x)) {
      const numeric = slope(loss, x, direction);
      expect(Math.abs(dot(grads, direction) - numeric)).toBeLessThan(1e-8 * Math.max(1, Math.abs(numeric)));
    }
  });

  it('covers every gate', () => {
    const t = new Tape();
    const names = [...Object.keys(t), ...Object.getOwnPropertyNames(Tape.prototype)];
    const others = ['notes', 'gradients', 'constructor', 'leaf', 'backward', 'margin'];
    const inner = ['unary', 'binary', 'move', 'lines', 'operand', 'value', 'collect'];
    expect(names.filter((name) => !others.includes(name) && !inner.includes(name) && !(name in gates))).toEqual([]);
  });
});

const golden = await readCases('test/golden/golden-open.json', readBytes);

describe('the tape, against PyTorch', () => {
  const runs: Record<string, (t: Tape, x: Record<string, Value>, attrs: Readonly<Record<string, unknown>>) => Value> = {
    matmul: (t, { a, b }) => t.matmul(a, b),
    softmax: (t, { x }, { axis }) => t.softmax(x, axis as number),
  };
  it.each(golden.filter(({ op }) => op in runs))('$id', ({ op, attrs, inputs, upstream, expected, tol }) => {
    const t = new Tape();
    const x = Object.fromEntries(
      Object.entries(inputs).map(([name, v]) => [name, t.leaf(v.shape, v.data as Float32Array)]),
    );
    const y = runs[op](t, x, attrs);
    t.backward([[y, upstream.y.data as Float32Array]]);
    for (const [name, want] of Object.entries(expected)) {
      const got = name === 'y' ? y.data : x[name.slice('grad.'.length)].grad;
      const { scale, f64 } = tol[name];
      got.forEach((value, i) => expect(Math.abs(value - Number(want.data[i])), name).toBeLessThanOrEqual(f64 * scale));
    }
  });
});
