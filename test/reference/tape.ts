import { axisOf, broadcast, broadcastFrom, type Index, indicesOf, placeOf, type Shape, sizeOf } from './index-space.ts';

/** Numbers that no gradient is asked for: an index, a condition. */
export interface Values {
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** The result of one gate, or an input. */
export interface Value {
  readonly shape: Shape;
  readonly data: Float64Array;
  /** How far the gate's operands are from a kink or a tie, where it has no derivative; Infinity if it has none. */
  readonly margin: number;
  /** What the last `backward` added up for this value; zeros where none came. */
  readonly grad: Float64Array;
}

export type Operand = Value | number;
export type Dims = number | number[];
export type Range = readonly [start: number, end: number, step?: number];

/** One place of an operand. */
type Source = readonly [from: Value, index: Index];

/** a^b as C has it: 1^b is 1 for every b, and so is (−1)^±∞. */
const power = (a: number, b: number) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b);

/**
 * Reverse-mode differentiation in float64, one element at a time, by PyTorch's conventions. Every gate writes down
 * how its gradient goes back to its operands; `backward` runs these notes from the last to the first.
 */
export class Tape {
  private readonly notes: [of: Value, spread: (dy: Float64Array) => void][] = [];
  private readonly gradients = new Map<Value, Float64Array>();

  leaf(shape: Shape, data: ArrayLike<number>): Value {
    return this.value(shape, data);
  }

  /** dL/d(value) of everything, given dL/d(output) of some. */
  backward(upstream: readonly (readonly [of: Value, dy: ArrayLike<number>])[]): void {
    this.gradients.clear();
    for (const [of, dy] of upstream) of.data.forEach((_, i) => this.collect(of, i, dy[i]));
    for (const [of, spread] of [...this.notes].reverse()) {
      const dy = this.gradients.get(of);
      if (dy) spread(dy);
    }
  }

  /** The smallest margin of all its values. */
  get margin(): number {
    return Math.min(...this.notes.map(([value]) => value.margin));
  }

  // Gates of two operands, which broadcast: y = f(a, b), and then da, db from dy.

  add = this.binary(
    (a, b) => a + b,
    (dy) => [dy, dy],
  );
  sub = this.binary(
    (a, b) => a - b,
    (dy) => [dy, -dy],
  );
  mul = this.binary(
    (a, b) => a * b,
    (dy, a, b) => [dy * b, dy * a],
  );
  div = this.binary(
    (a, b) => a / b,
    (dy, _, b, y) => [dy / b, -dy * (y / b)],
  );
  /** Half to each at a tie. A NaN is neither less nor equal, so that both get all. */
  maximum = this.binary(
    (a, b) => Math.max(a, b),
    (dy, a, b) => [a < b ? 0 : a === b ? dy / 2 : dy, b < a ? 0 : a === b ? dy / 2 : dy],
    (a, b) => Math.abs(a - b),
  );
  minimum = this.binary(
    (a, b) => Math.min(a, b),
    (dy, a, b) => [a > b ? 0 : a === b ? dy / 2 : dy, b > a ? 0 : a === b ? dy / 2 : dy],
    (a, b) => Math.abs(a - b),
  );
  pow = this.binary(power, (dy, a, b, y) => [
    b === 0 ? 0 : dy * b * power(a, b - 1),
    a === 0 && b >= 0 ? 0 : dy * y * Math.log(a),
  ]);

  // Gates of one operand: y = f(x), and then dx from dy.

  neg = this.unary(
    (x) => -x,
    (dy) => -dy,
  );
  exp = this.unary(Math.exp, (dy, _, y) => dy * y);
  log = this.unary(Math.log, (dy, x) => dy / x);
  sqrt = this.unary(Math.sqrt, (dy, _, y) => dy / (2 * y));
  square = this.unary(
    (x) => x * x,
    (dy, x) => dy * 2 * x,
  );
  sigmoid = this.unary(
    (x) => 1 / (1 + Math.exp(-x)),
    (dy, _, y) => dy * y * (1 - y),
  );
  tanh = this.unary(Math.tanh, (dy, _, y) => dy * (1 - y * y));
  abs = this.unary(
    Math.abs,
    (dy, x) => (x > 0 ? dy : x < 0 ? -dy : 0 * dy),
    (x) => Math.abs(x),
  );
  /** A NaN is not ≤ 0, and its gradient passes. */
  relu = this.unary(
    (x) => Math.max(x, 0),
    (dy, x) => (x <= 0 ? 0 : dy),
    (x) => Math.abs(x),
  );

  /** min(max(x, low), high). The bounds themselves pass the gradient; a NaN is not between them. */
  clamp(x: Value, low: number, high: number): Value {
    return this.unary(
      (value) => Math.min(Math.max(value, low), high),
      (dy, value) => (value >= low && value <= high ? dy : 0),
      (value) => Math.min(Math.abs(value - low), Math.abs(value - high)),
    )(x);
  }

  // Reductions: the lines of x along `dim` (all axes without it), each to one element of y.

  sum(x: Value, dim?: Dims, { keepdim = false } = {}): Value {
    const { lines, shape } = this.lines(x, dim, keepdim);
    const y = lines.map((line) => line.reduce((total, i) => total + x.data[i], 0));
    return this.value(shape, y, (dy) => lines.forEach((line, j) => line.forEach((i) => this.collect(x, i, dy[j]))));
  }

  mean(x: Value, dim?: Dims, { keepdim = false } = {}): Value {
    const { lines, shape } = this.lines(x, dim, keepdim);
    const y = lines.map((line) => line.reduce((total, i) => total + x.data[i], 0) / line.length);
    return this.value(shape, y, (dy) =>
      lines.forEach((line, j) => line.forEach((i) => this.collect(x, i, dy[j] / line.length))),
    );
  }

  /** torch.amax: those that attain the maximum share the gradient evenly. None equals NaN: 0/0. */
  max(x: Value, dim?: Dims, { keepdim = false } = {}): Value {
    const { lines, shape } = this.lines(x, dim, keepdim);
    const y = lines.map((line) => Math.max(...line.map((i) => x.data[i])));
    const spread = (dy: Float64Array) =>
      lines.forEach((line, j) => {
        const wins = line.map((i) => Number(x.data[i] === y[j]));
        const winners = wins.reduce((total, win) => total + win);
        line.forEach((i, k) => this.collect(x, i, (dy[j] * wins[k]) / winners));
      });
    const gaps = lines.map((line) => {
      const [first, second = -Infinity] = line.map((i) => x.data[i]).sort((a, b) => b - a);
      return first - second;
    });
    return this.value(shape, y, spread, Math.min(...gaps));
  }

  /** yᵢ = e^xᵢ/Σⱼ e^xⱼ, dxⱼ = Σᵢ dyᵢ·yᵢ·([i = j] − yⱼ). */
  softmax(x: Value, dim: number): Value {
    const { lines } = this.lines(x, dim, true);
    const y = new Float64Array(x.data.length);
    for (const line of lines) {
      const largest = Math.max(...line.map((i) => x.data[i]));
      const total = line.reduce((sum, i) => sum + Math.exp(x.data[i] - largest), 0);
      for (const i of line) y[i] = Math.exp(x.data[i] - largest) / total;
    }
    return this.value(x.shape, y, (dy) => {
      for (const line of lines) {
        for (const i of line) for (const j of line) this.collect(x, j, dy[i] * y[i] * (Number(i === j) - y[j]));
      }
    });
  }

  /** torch.matmul: 1-D operands are a row on the left and a column on the right; leading axes broadcast. */
  matmul(a: Value, b: Value): Value {
    const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
    const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
    const [M, K, N] = [left.at(-2), left.at(-1), right.at(-1)] as [number, number, number];
    if (right.at(-2) !== K) throw new RangeError(`matmul of [${a.shape}] and [${b.shape}]`);
    const batch = broadcast(left.slice(0, -2), right.slice(0, -2));
    const shape = [...batch, ...(a.shape.length > 1 ? [M] : []), ...(b.shape.length > 1 ? [N] : [])];
    const terms: [y: number, a: number, b: number][] = [];
    for (const [y, index] of indicesOf([...batch, M, N]).entries()) {
      const [leading, m, n] = [index.slice(0, -2), index.at(-2) as number, index.at(-1) as number];
      for (let k = 0; k < K; k++) {
        const atA = placeOf([...broadcastFrom(leading, left.slice(0, -2)), m, k], left);
        const atB = placeOf([...broadcastFrom(leading, right.slice(0, -2)), k, n], right);
        terms.push([y, atA, atB]);
      }
    }
    const y = new Float64Array(sizeOf(shape));
    for (const [i, j, k] of terms) y[i] += a.data[j] * b.data[k];
    return this.value(shape, y, (dy) => {
      for (const [i, j, k] of terms) {
        this.collect(a, j, dy[i] * b.data[k]);
        this.collect(b, k, dy[i] * a.data[j]);
      }
    });
  }

  // Gates that only move elements: each place of y says where it comes from, and its gradient goes there.

  transpose(x: Value, dim0: number, dim1: number): Value {
    const order = x.shape.map((_, axis) => axis);
    const [first, second] = [axisOf(dim0, order.length), axisOf(dim1, order.length)];
    [order[first], order[second]] = [second, first];
    return this.permute(x, order);
  }

  /** Axis k of y is axis dims[k] of x. */
  permute(x: Value, dims: readonly number[]): Value {
    const axes = dims.map((dim) => axisOf(dim, x.shape.length));
    if (new Set(axes).size !== x.shape.length) throw new RangeError(`permute of [${x.shape}] by [${dims}]`);
    const shape = axes.map((axis) => x.shape[axis]);
    return this.move(shape, (index) => [x, x.shape.map((_, axis) => index[axes.indexOf(axis)])]);
  }

  /** The same numbers in the same order; one size may be −1. */
  reshape(x: Value, shape: Shape): Value {
    const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
    const whole = shape.map((n) => (n === -1 ? x.data.length / known : n));
    if (sizeOf(whole) !== x.data.length) throw new RangeError(`reshape of [${x.shape}] to [${shape}]`);
    const indices = indicesOf(x.shape);
    return this.move(whole, (index) => [x, indices[placeOf(index, whole)]]);
  }

  concat(parts: readonly Value[], dim: number): Value {
    const axis = axisOf(dim, parts[0].shape.length);
    const owners = parts.flatMap((part) => Array.from({ length: part.shape[axis] }, (_, i) => ({ part, i })));
    const shape = parts[0].shape.with(axis, owners.length);
    return this.move(shape, (index) => [owners[index[axis]].part, index.with(axis, owners[index[axis]].i)]);
  }

  /** Parts of these sizes; of one size throughout, the last one smaller, when it is a number. */
  split(x: Value, sizes: number | readonly number[], dim = 0): Value[] {
    const axis = axisOf(dim, x.shape.length);
    const length = x.shape[axis];
    const each =
      typeof sizes === 'number'
        ? Array.from({ length: Math.ceil(length / sizes) }, (_, k) => Math.min(sizes, length - k * sizes))
        : sizes;
    if (each.reduce((total, n) => total + n, 0) !== length) throw new RangeError(`split of ${length} into [${each}]`);
    return each.map((size, k) => {
      const start = each.slice(0, k).reduce((total, n) => total + n, 0);
      return this.move(x.shape.with(axis, size), (index) => [x, index.with(axis, start + index[axis])]);
    });
  }

  /** x[start:end:step, …] as in Python, step ≥ 1; axes beyond the ranges are taken whole. */
  slice(x: Value, ranges: readonly Range[]): Value {
    const places = x.shape.map((n, axis) => {
      const [start, end, step = 1] = ranges[axis] ?? [0, n];
      const [first, last] = [start, end].map((at) => Math.min(Math.max(at < 0 ? at + n : at, 0), n));
      return Array.from({ length: n }, (_, i) => i).filter((i) => i >= first && i < last && (i - first) % step === 0);
    });
    const shape = places.map((along) => along.length);
    return this.move(shape, (index) => [x, index.map((i, axis) => places[axis][i])]);
  }

  /** torch.nn.functional.pad: [before, after] of the last axis, then of the one in front of it, … */
  pad(x: Value, padding: readonly number[], value = 0): Value {
    const rank = x.shape.length;
    const before = x.shape.map((_, axis) => padding[2 * (rank - 1 - axis)] ?? 0);
    const shape = x.shape.map((n, axis) => before[axis] + n + (padding[2 * (rank - 1 - axis) + 1] ?? 0));
    return this.move(shape, (index) => {
      const from = index.map((i, axis) => i - before[axis]);
      return from.every((i, axis) => i >= 0 && i < x.shape[axis]) ? [x, from] : value;
    });
  }

  /** y[i, j, …] = x[index[i, j, …], j, …] for dim 0, and so on. */
  gather(x: Value, dim: number, index: Values): Value {
    const axis = axisOf(dim, x.shape.length);
    return this.move(index.shape, (at) => [x, at.with(axis, index.data[placeOf(at, index.shape)])]);
  }

  /** The slices x[…, index[k], …] along dim, one behind the other. */
  indexSelect(x: Value, dim: number, index: Values): Value {
    const axis = axisOf(dim, x.shape.length);
    const shape = x.shape.with(axis, index.data.length);
    return this.move(shape, (at) => [x, at.with(axis, index.data[at[axis]])]);
  }

  /** a where the condition is not 0, else b; all three broadcast. */
  where(condition: Values, a: Operand, b: Operand): Value {
    const [left, right] = [this.operand(a), this.operand(b)];
    return this.move(broadcast(condition.shape, left.shape, right.shape), (index) => {
      const holds = condition.data[placeOf(broadcastFrom(index, condition.shape), condition.shape)];
      const from = holds ? left : right;
      return [from, broadcastFrom(index, from.shape)];
    });
  }

  private unary(
    f: (x: number) => number,
    gradient: (dy: number, x: number, y: number) => number,
    margin: (x: number) => number = () => Infinity,
  ) {
    return (x: Value): Value => {
      const y = x.data.map(f);
      const spread = (dy: Float64Array) => y.forEach((_, i) => this.collect(x, i, gradient(dy[i], x.data[i], y[i])));
      return this.value(x.shape, y, spread, Math.min(...x.data.map(margin)));
    };
  }

  private binary(
    f: (a: number, b: number) => number,
    gradient: (dy: number, a: number, b: number, y: number) => readonly [da: number, db: number],
    margin: (a: number, b: number) => number = () => Infinity,
  ) {
    return (left: Operand, right: Operand): Value => {
      const [a, b] = [this.operand(left), this.operand(right)];
      const shape = broadcast(a.shape, b.shape);
      const pairs = indicesOf(shape).map((index) =>
        [a, b].map((operand) => placeOf(broadcastFrom(index, operand.shape), operand.shape)),
      );
      const y = pairs.map(([i, j]) => f(a.data[i], b.data[j]));
      const spread = (dy: Float64Array) =>
        pairs.forEach(([i, j], k) => {
          const [da, db] = gradient(dy[k], a.data[i], b.data[j], y[k]);
          this.collect(a, i, da);
          this.collect(b, j, db);
        });
      return this.value(shape, y, spread, Math.min(...pairs.map(([i, j]) => margin(a.data[i], b.data[j]))));
    };
  }

  /** y of this shape, every place of it copied from the operand's place that `source` names, or a constant. */
  private move(shape: Shape, source: (index: number[]) => Source | number): Value {
    const sources = indicesOf(shape).map(source);
    const y = sources.map((s) => (typeof s === 'number' ? s : s[0].data[placeOf(s[1], s[0].shape)]));
    return this.value(shape, y, (dy) =>
      sources.forEach((s, i) => {
        if (typeof s !== 'number') this.collect(s[0], placeOf(s[1], s[0].shape), dy[i]);
      }),
    );
  }

  /** The places in x of each line along `dim`, lines in the order of the reduced shape. */
  private lines(x: Value, dim: Dims | undefined, keepdim: boolean) {
    const rank = x.shape.length;
    const axes = dim === undefined ? x.shape.map((_, axis) => axis) : [dim].flat().map((d) => axisOf(d, rank));
    const kept = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
    const lines = Array.from({ length: sizeOf(kept) }, (): number[] => []);
    for (const [i, index] of indicesOf(x.shape).entries()) lines[placeOf(broadcastFrom(index, kept), kept)].push(i);
    return { lines, shape: keepdim ? kept : x.shape.filter((_, axis) => !axes.includes(axis)) };
  }

  private operand(operand: Operand): Value {
    return typeof operand === 'number' ? this.leaf([], [operand]) : operand;
  }

  private value(
    shape: Shape,
    data: ArrayLike<number>,
    spread: (dy: Float64Array) => void = () => {},
    margin = Infinity,
  ): Value {
    if (data.length !== sizeOf(shape)) throw new RangeError(`[${shape}] of ${data.length} numbers`);
    const { gradients } = this;
    const value: Value = {
      shape,
      data: Float64Array.from(data),
      margin,
      get grad() {
        return gradients.get(value) ?? new Float64Array(value.data.length);
      },
    };
    this.notes.push([value, spread]);
    return value;
  }

  private collect(to: Value, place: number, gradient: number): void {
    const sum = this.gradients.get(to) ?? new Float64Array(to.data.length);
    sum[place] += gradient;
    this.gradients.set(to, sum);
  }
}
