import { axisOf, broadcast, broadcasts, type Shape, sizeOf } from '../reference/index-space.ts';
import { Tape, type Value, type Values } from '../reference/tape.ts';
import { Random } from '../support/random.ts';
import { type GateName, isRef, type NodeRef, runStep, type Step } from './description.ts';

// What every node of a random graph keeps to.
const largestSize = 200;
export const largestRank = 4;
const largestValue = 50;
/** Nearer to a kink or a tie than this, no gate of the graph comes. */
export const leastMargin = 1e-3;

const isTame = ({ shape, data, margin }: Value) =>
  shape.length <= largestRank &&
  sizeOf(shape) <= largestSize &&
  data.every((value) => Math.abs(value) <= largestValue) &&
  margin >= leastMargin;

/** Turns drawn numbers into choices. Smaller numbers, and numbers that ran out, are the first choices. */
export class Draw {
  private readonly numbers: number[];

  constructor(numbers: readonly number[]) {
    this.numbers = [...numbers];
  }

  integer(low: number, high: number): number {
    return low + ((this.numbers.shift() ?? 0) % (high - low + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)];
  }

  /** The chosen ones of `choices`, at least one of them, in a drawn order. */
  some<T>(choices: readonly T[]): T[] {
    const left = [...choices];
    return Array.from({ length: this.integer(1, choices.length) }, () => {
      const [taken] = left.splice(this.integer(0, left.length - 1), 1);
      return taken;
    });
  }

  random(): Random {
    return new Random(this.integer(0, 9999));
  }

  /** An axis of the shape, counted from either end. */
  dim(shape: Shape): number {
    const axis = this.integer(0, shape.length - 1);
    return this.pick([axis, axis - shape.length]);
  }
}

/** The graph so far, run on a tape while it grows: gates are chosen by the shapes and the values that are there. */
export class Builder {
  readonly tape = new Tape();
  readonly values: Value[];
  readonly steps: Step[] = [];

  constructor(shapes: readonly Shape[], inputs: readonly Float64Array[]) {
    this.values = shapes.map((shape, k) => this.tape.leaf(shape, inputs[k]));
  }

  at({ node }: NodeRef): Value {
    return this.values[node];
  }

  /** Adds a gate; the reference is to the first node that it makes. */
  step(gate: GateName, ...args: unknown[]): NodeRef {
    const node = this.values.length;
    const step = { gate, args };
    this.values.push(...runStep<Value>(step, this.tape, this.values));
    this.steps.push(step);
    return { node };
  }

  /** Keeps what `grow` adds only if all of it is tame. */
  attempt(grow: () => void): void {
    const [steps, values] = [this.steps.length, this.values.length];
    grow();
    if (this.values.slice(values).every(isTame)) return;
    this.steps.length = steps;
    this.values.length = values;
  }

  /** The nodes that no gate takes. */
  private unused(): NodeRef[] {
    const used = new Set(this.steps.flatMap(({ args }) => args.flat().filter(isRef)).map(({ node }) => node));
    return this.values.flatMap((_, node) => (used.has(node) ? [] : [{ node }]));
  }

  /** Adds up what no gate takes, as its mean where it does not broadcast, so that everything reaches the last node. */
  join(): void {
    for (const other of this.unused().slice(0, -1)) {
      const last = { node: this.values.length - 1 };
      const fits = broadcasts(this.at(other).shape, this.at(last).shape);
      this.attempt(() =>
        this.step('add', last, fits ? other : this.step('mean', other, undefined, { keepdim: false })),
      );
    }
  }

  /** A node that `allows` takes: rather one that has no use yet, and rather a late one. */
  operand(draw: Draw, allows: (value: Value) => boolean): NodeRef | undefined {
    const unused = this.unused()
      .reverse()
      .filter((ref) => allows(this.at(ref)));
    const all = this.values.flatMap((value, node) => (allows(value) ? [{ node }] : [])).reverse();
    const ranked = [...unused, ...all];
    if (ranked.length === 0) return undefined;
    const [first, second] = [draw.integer(0, ranked.length - 1), draw.integer(0, ranked.length - 1)];
    return ranked[Math.min(first, second)];
  }

  any(draw: Draw): NodeRef {
    return this.operand(draw, () => true) as NodeRef;
  }

  /** A node that broadcasts with `other`, which may be that one itself; now and then a number. */
  partner(draw: Draw, other: NodeRef): NodeRef | number {
    if (draw.integer(0, 7) === 7) return draw.pick([2, -1.5, 0.25]);
    const { shape } = this.at(other);
    return this.operand(draw, (value) => broadcasts(shape, value.shape)) ?? other;
  }

  /** square(x) + ½, for gates that want a positive number well away from 0. */
  positive(x: NodeRef): NodeRef {
    return this.step('add', this.step('square', x), 0.5);
  }

  /** x, or x halved until no value exceeds 2. */
  small(x: NodeRef): NodeRef {
    const largest = Math.max(...this.at(x).data.map(Math.abs));
    return largest <= 2 ? x : this.step('mul', x, 2 ** -Math.ceil(Math.log2(largest / 2)));
  }
}

type Grow = (draw: Draw, graph: Builder) => void;

const isArray = ({ shape }: Value) => shape.length > 0;

/** A gate of one operand, which any node can be. */
const unary =
  (gate: GateName): Grow =>
  (draw, graph) => {
    graph.step(gate, graph.any(draw));
  };

const binary =
  (gate: GateName): Grow =>
  (draw, graph) => {
    const a = graph.any(draw);
    const b = graph.partner(draw, a);
    graph.step(
      gate,
      ...draw.pick([
        [a, b],
        [b, a],
      ]),
    );
  };

/** A gate of one operand of rank 1 or more, and what else it takes. */
const shaped =
  (gate: GateName, rest: (draw: Draw, x: Value, graph: Builder) => unknown[]): Grow =>
  (draw, graph) => {
    const x = graph.operand(draw, isArray);
    if (x) graph.step(gate, x, ...rest(draw, graph.at(x), graph));
  };

const reduction =
  (gate: GateName): Grow =>
  (draw, graph) => {
    const x = graph.any(draw);
    const { shape } = graph.at(x);
    const axes = shape.map((_, axis) => draw.pick([axis, axis - shape.length]));
    const dim =
      shape.length === 0 ? undefined : draw.pick([undefined, draw.dim(shape), draw.dim(shape), draw.some(axes)]);
    graph.step(gate, x, dim, { keepdim: draw.pick([false, true]) });
  };

/** Every gate: how to choose operands for it and what else it takes. */
export const grow: Record<GateName, Grow> = {
  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  maximum: binary('maximum'),
  minimum: binary('minimum'),
  div: (draw, graph) => {
    const a = graph.any(draw);
    const b = graph.partner(draw, a);
    graph.step('div', a, typeof b === 'number' ? b : graph.positive(graph.small(b)));
  },
  pow: (draw, graph) => {
    const a = graph.any(draw);
    const b = draw.pick([2, 3, graph.partner(draw, a)]);
    const whole = b === 2 || b === 3;
    graph.step('pow', whole ? a : graph.positive(graph.small(a)), typeof b === 'number' ? b : graph.small(b));
  },
  neg: unary('neg'),
  square: unary('square'),
  abs: unary('abs'),
  relu: unary('relu'),
  sigmoid: unary('sigmoid'),
  tanh: unary('tanh'),
  exp: (draw, graph) => {
    graph.step('exp', graph.small(graph.any(draw)));
  },
  log: (draw, graph) => {
    graph.step('log', graph.positive(graph.small(graph.any(draw))));
  },
  sqrt: (draw, graph) => {
    graph.step('sqrt', graph.positive(graph.small(graph.any(draw))));
  },
  clamp: (draw, graph) => {
    graph.step('clamp', graph.any(draw), draw.pick([-0.75, -Infinity, 0.125]), draw.pick([1.25, Infinity, 0.5]));
  },
  sum: reduction('sum'),
  mean: reduction('mean'),
  max: reduction('max'),
  softmax: shaped('softmax', (draw, { shape }) => [draw.dim(shape)]),
  matmul: (draw, graph) => {
    const a = graph.operand(draw, isArray);
    if (!a) return;
    const { shape } = graph.at(a);
    const fits = ({ shape: other }: Value) =>
      other.length > 0 &&
      other.at(other.length > 1 ? -2 : -1) === shape.at(-1) &&
      broadcasts(shape.slice(0, -2), other.slice(0, -2));
    // There is always one: a vector with itself, a matrix with its transpose.
    const b = graph.operand(draw, fits);
    const useOther = b && draw.integer(0, 3) > 0;
    if (useOther) graph.step('matmul', a, b);
    else graph.step('matmul', a, shape.length === 1 ? a : graph.step('transpose', a, -2, -1));
  },
  transpose: shaped('transpose', (draw, { shape }) => [draw.dim(shape), draw.dim(shape)]),
  permute: shaped('permute', (draw, { shape }) => {
    const left = shape.map((_, axis) => axis);
    const order = shape.map(() => left.splice(draw.integer(0, left.length - 1), 1)[0]);
    return [order.map((axis) => draw.pick([axis, axis - shape.length]))];
  }),
  reshape: (draw, graph) => {
    const x = graph.any(draw);
    let rest = sizeOf(graph.at(x).shape);
    const shape: number[] = [];
    while (rest > 1 && shape.length < 2) {
      const divisors = Array.from({ length: rest }, (_, i) => rest - i).filter((n) => rest % n === 0);
      shape.push(draw.pick(divisors));
      rest /= shape.at(-1) as number;
    }
    if (rest > 1) shape.push(rest);
    if (draw.pick([false, true])) shape.splice(draw.integer(0, shape.length), 0, 1);
    if (shape.length > 0 && draw.pick([false, true])) shape[draw.integer(0, shape.length - 1)] = -1;
    graph.step('reshape', x, shape);
  },
  concat: (draw, graph) => {
    const first = graph.operand(draw, isArray);
    if (!first) return;
    const { shape } = graph.at(first);
    const dim = draw.dim(shape);
    const axis = axisOf(dim, shape.length);
    const fits = (value: Value) =>
      value.shape.length === shape.length && value.shape.every((n, k) => k === axis || n === shape[k]);
    const others = Array.from({ length: draw.integer(1, 2) }, () => graph.operand(draw, fits));
    graph.step(
      'concat',
      draw.pick([
        [first, ...others],
        [...others, first],
      ]),
      dim,
    );
  },
  split: shaped('split', (draw, { shape }) => {
    const dim = draw.dim(shape);
    const length = shape[axisOf(dim, shape.length)];
    const sizes: number[] = [];
    for (let left = length; left > 0; left -= sizes.at(-1) as number) sizes.push(draw.integer(1, left));
    return [draw.pick([sizes, draw.integer(1, length)]), dim];
  }),
  slice: shaped('slice', (draw, { shape }) => [
    shape.map((n) => {
      const start = draw.integer(0, n - 1);
      return [start, draw.integer(start + 1, n), draw.pick([1, 2])];
    }),
  ]),
  pad: shaped('pad', (draw, { shape }) => {
    const axes = draw.integer(1, shape.length);
    return [Array.from({ length: 2 * axes }, () => draw.integer(0, 2)), draw.pick([0, 0.5, -1.25])];
  }),
  gather: shaped('gather', (draw, { shape }) => {
    const dim = draw.dim(shape);
    const axis = axisOf(dim, shape.length);
    const places = shape.map((n, k) => (k === axis ? draw.integer(1, 6) : draw.integer(1, n)));
    return [dim, indices(draw, places, shape[axis])];
  }),
  indexSelect: shaped('indexSelect', (draw, { shape }) => {
    const dim = draw.dim(shape);
    return [dim, indices(draw, [draw.integer(1, 6)], shape[axisOf(dim, shape.length)])];
  }),
  where: (draw, graph) => {
    const a = graph.any(draw);
    const b = graph.partner(draw, a);
    const whole = typeof b === 'number' ? graph.at(a).shape : broadcast(graph.at(a).shape, graph.at(b).shape);
    const shape = whole.slice(draw.integer(0, whole.length)).map((n) => draw.pick([n, n, 1]));
    graph.step('where', indices(draw, shape, 2), a, b);
  },
};

/** Whole numbers below `end`, in this shape. */
function indices(draw: Draw, shape: Shape, end: number): Values {
  const random = draw.random();
  return { shape, data: Array.from({ length: sizeOf(shape) }, () => random.integer(0, end - 1)) };
}
