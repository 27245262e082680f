import { describe, expect, it } from 'vitest';
import {
  add,
  type Build,
  concat,
  embedding,
  Graph,
  gather,
  indexSelect,
  Layer,
  Linear,
  matmul,
  mul,
  type Node,
  Parameter,
  ReLU,
  relu,
  reshape,
  Sequential,
  softmax,
  split,
  sum,
  Tensor,
  where,
} from '../../src/index.ts';
import { newCore } from '../support/builds.ts';
import { Gain, Mix } from './custom-layers.ts';
import { bitsOf } from './zoo.ts';

const core = await newCore({ simd: 'plain' });
const elsewhere = await newCore({ simd: 'plain' });
const o = { core };
const ones = (...shape: number[]) => Tensor.ones(shape, o);
const whole = (...values: number[]) => Tensor.from(values, [values.length], { dtype: 'i32', core });
const doubles = (...shape: number[]) => Tensor.ones(shape, { core, dtype: 'f64' });
const fc = new Linear(4, 3, o);
const block = new Sequential(new ReLU(o), fc);
const inner = new Graph((x) => mul(x, fc.apply(relu(x))), { names: { fc } });
const double = new Linear(4, 3, { core, dtype: 'f64' });
const three = ones(3);
const [elsewhere3, double3, nine] = [Tensor.ones([3], { core: elsewhere }), doubles(3), whole(9)];
const gone = ones(3);
gone.dispose();
const [mix, gain, rectify] = [new Mix(o), new Gain(o), new ReLU(o)];

/** Whole numbers that a layer computes. */
class Rounded extends Layer {
  constructor() {
    super('Rounded', o);
  }
  override prepare(_call: string, [x]: readonly { shape: readonly number[] }[]) {
    return { outputs: [{ shape: x.shape, dtype: 'i32' as const }], forward: () => {} };
  }
}
const rounded = new Rounded();

type Case = [what: string, build: Build, inputs: Tensor[], message: string];

const names = { fc, block, inner, mix, gain, rectify, rounded, double };

/** Holds a function of up to three nodes to its message, and the graph to what it was: last pass, memory, random state. */
function refuses(build: Build, inputs: readonly Tensor[], message: string): void {
  const scale = Parameter.from([2], [], o);
  let fails = false;
  const graph = new Graph((x, y, z) => (fails ? build(x, y, z) : mul(x, scale)), { core, names: { scale, ...names } });
  const dy = ones(2);
  const all = [...inputs, dy, dy].slice(0, 3) as [Tensor, Tensor, Tensor];
  const good = [dy, dy, dy] as const;
  const result = graph.forward(...good) as Tensor;
  const gradients = () => {
    scale.zeroGrad();
    return bitsOf([...(graph.backward(dy) as readonly Tensor[]), scale.grad]);
  };
  const want = gradients();
  const { liveBytes, liveTensors } = core.memory.stats();
  const random = core.random.state;
  fails = true;
  expect(() => graph.forward(...all)).toThrow(message);
  fails = false;
  expect(core.memory.stats()).toMatchObject({ liveBytes, liveTensors });
  expect(core.random.state).toEqual(random);
  expect([...result.data]).toEqual([2, 2]);
  expect(gradients()).toEqual(want);
  expect(graph.forward(...good)).toBe(result);
}

describe('shapes throw in the line that they do not fit, with the way to it', () => {
  const cases: Case[] = [
    [
      'a broadcast',
      (x, y, z) => mul(add(x, y), z),
      [ones(32, 10), ones(32, 10), ones(32, 7)],
      'Graph: mul(add(x, y), z): shapes [32, 10] and [32, 7] do not broadcast',
    ],
    [
      'a broadcast of three',
      (x, y) => where(x, y, three),
      [ones(2), ones(1)],
      'Graph: where(float(x), y, constant [3]): shapes [2], [1] and [3] do not broadcast',
    ],
    ['a layer', (x) => relu(fc.apply(relu(x))), [ones(2, 5)], 'Graph: fc(relu(x)): x expected [..., 4], got [2, 5]'],
    [
      'a layer in Sequential',
      (x) => block.apply(x),
      [ones(5)],
      'Graph: block.1(block.0(x)): x expected [..., 4], got [5]',
    ],
    [
      'a nested graph',
      (x) => inner.apply(x),
      [ones(2, 4)],
      'Graph: mul(x, inner.fc(relu(x))): shapes [2, 4] and [2, 3] do not broadcast',
    ],
    ["a user's layer", (x, y) => mix.apply(x, y), [ones(2), three], 'Graph: mix(x, y): b expected [2], got [3]'],
    [
      'a product',
      (x) => matmul(x, x),
      [ones(2, 3)],
      'Graph: matmul(x, x): b expected [..., 3, N] to follow a [2, 3], got [2, 3]',
    ],
    ['reshape', (x) => reshape(x, [7]), [three], 'Graph: reshape(x): shape expected 3 elements, got [7]'],
    [
      'concat',
      (x) => concat([x, three]),
      [ones(2, 3)],
      'Graph: concat(x, constant [3]): tensors[1] expected [any, 3], got [3]',
    ],
    ['split', (x) => split(x, [1, 3]), [three], 'Graph: split(x): sizes expected sizes that add up to 3, got [1, 3]'],
  ];
  it.each(cases)('%s', (_, build, inputs, message) => refuses(build, inputs, message));
});

describe('operands', () => {
  const cases: Case[] = [
    ['i32 in arithmetic', (x, i) => add(x, i), [ones(3), whole(1, 2, 3)], "b expected dtype f32 or f64, got 'i32'"],
    ['i32 in an activation', (i) => softmax(i, 0), [whole(1, 2)], "x expected dtype f32 or f64, got 'i32'"],
    ['i32 in a reduction', (i) => sum(i), [whole(1, 2)], "x expected dtype f32 or f64, got 'i32'"],
    ['i32 into a layer', (i) => rectify.apply(i), [whole(1, 2)], "x expected dtype f32, got 'i32'"],
    ["i32 into a user's layer", (i) => gain.apply(i), [whole(1, 2)], "Gain.forward: x expected dtype f32, got 'i32'"],
    ['a float index', (x, i) => indexSelect(x, 0, i), [ones(3), ones(3)], "index expected dtype i32, got 'f32'"],
    [
      'a computed index',
      (x) => gather(x, 0, reshape(rounded.apply(x), [3])),
      [ones(3)],
      "index expected an input of the graph or a Tensor, got 'a computed value'",
    ],
    [
      'a string',
      (x) => add(x, 'one' as never),
      [ones(3)],
      "add: operand 1 expected a node, a Tensor or a number, got 'one'",
    ],
    ['null', (x) => add(null as never, x), [ones(3)], 'add: operand 0 expected a node, a Tensor or a number, got null'],
    [
      'a graph',
      (x) => add(inner as never, x),
      [ones(3)],
      'add: operand 0 expected a node, a Tensor or a number, got Graph',
    ],
    ['a tensor of another core', (x) => mul(x, elsewhere3), [ones(3)], 'mul: operand 1 belongs to another core'],
    ['a constant of another dtype', (x) => mul(x, double3), [ones(3)], "mul: operand 1 expected dtype f32, got 'f64'"],
    ['a layer of another dtype', (x) => double.apply(x), [ones(4)], "layer expected dtype f32, got 'f64'"],
    ['a disposed constant', (x) => mul(x, gone), [ones(3)], 'constant [3] was disposed'],
    [
      'an index beyond',
      (x, i) => indexSelect(x, 0, i),
      [ones(3), whole(0, 3)],
      'index expected indices from 0 to 2, got 3',
    ],
    [
      'an index below',
      (x, i) => gather(x, 0, i),
      [ones(3), whole(0, -1)],
      'index expected indices from 0 to 2, got -1',
    ],
    ['a constant index', (w) => embedding(nine, w), [ones(3, 2)], 'index expected indices from 0 to 2, got 9'],
    ['what the function throws itself', () => throws('mine'), [ones(3)], 'mine'],
  ];
  it.each(cases)('%s', (_, build, inputs, message) => refuses(build, inputs, message));
});

describe('results', () => {
  const cases: Case[] = [
    ['nothing', () => undefined as never, [ones(3)], 'Graph: the result expected a node, got undefined'],
    ['a promise', (async (x: Node) => x) as never, [ones(3)], 'Graph: the result expected a node, got Promise'],
    ['no node', () => [], [ones(3)], 'Graph: the function returned no node'],
    ['a tensor among others', (x) => [x, three as never], [ones(3)], 'Graph: result 1 expected a node, got Tensor'],
    [
      'a constant',
      () => relu(three),
      [ones(3)],
      'Graph: the result, relu(constant [3]), does not depend on the inputs',
    ],
    ['constants', (x) => [x, mul(2, 3)], [ones(3)], 'Graph: result 1, mul(2, 3), does not depend on the inputs'],
  ];
  it.each(cases)('%s', (_, build, inputs, message) => refuses(build, inputs, message));
});

describe('nodes', () => {
  const foreign = 'is a node of another graph, or of an earlier run of the function';

  it('of another graph', () => {
    let stolen: Node | undefined;
    new Graph((y) => {
      stolen = relu(y);
      return stolen;
    }, o).forward(ones(3));
    refuses((x) => add(x, stolen as Node), [ones(3)], `Graph: add: operand 1 ${foreign}`);
    refuses((x) => add(stolen as Node, x), [ones(3)], `Graph: add: operand 0 ${foreign}`);
    refuses(() => stolen as Node, [ones(3)], `Graph: the result ${foreign}`);
    expect(() => relu(stolen as Node)).toThrow(`Graph: relu: operand 0 ${foreign}`);
  });

  it('kept from an earlier run, or from the one that finds the layers', () => {
    let kept: Node | undefined;
    const keeping = new Graph((x) => {
      kept ??= relu(x);
      return add(x, kept);
    }, o);
    expect(() => keeping.forward(ones(3))).toThrow(`Graph: add: operand 1 ${foreign}`);
    kept = undefined;
    keeping.forward(ones(3));
    expect(() => keeping.forward(ones(4))).toThrow(`Graph: add: operand 1 ${foreign}`);
    kept = undefined;
    expect([...(keeping.forward(ones(2)) as Tensor).data]).toEqual([2, 2]);
  });

  it('outside of any function', () => {
    expect(() => add(ones(1), 2)).toThrow(
      'add: operands expected at least one node, as in the function of a Graph, got Tensor',
    );
    expect(() => fc.apply(ones(2, 4) as never)).toThrow('Linear.apply: x expected a node of a Graph, got Tensor');
    expect(() => fc.apply(inner as never)).toThrow('Linear.apply: x expected a node of a Graph, got Graph');
  });
});

describe('layers and parameters', () => {
  it('made inside the function', () => {
    const made = (what: string) =>
      `Graph: ${what} is not one of the layers that the function applied at first: make it`;
    expect(() => new Graph((x) => new Linear(3, 3, o).apply(x)).forward(ones(3))).toThrow(made('Linear'));
    expect(() => new Graph((x) => mul(x, Parameter.from([1], [1], o)), o).forward(ones(3))).toThrow(made('Parameter'));
    const nested = new Graph((x) => new Linear(3, 3, o).apply(x), o);
    expect(() => new Graph((x) => nested.apply(x)).forward(ones(3))).toThrow(made('Linear'));
  });

  it('of another core', () => {
    const there = new Linear(4, 3, { core: elsewhere });
    const parameter = Parameter.from([1], [1], { core: elsewhere });
    expect(() => new Graph((x) => there.apply(x), o)).toThrow('new Graph: layer 0 belongs to another core');
    expect(() => new Graph(relu as Build, { core, names: { there } })).toThrow(
      'new Graph: layer there belongs to another',
    );
    expect(() => new Graph((x) => mul(x, parameter), o)).toThrow('new Graph: parameter 0 belongs to another core');
  });
});

function throws(message: string): never {
  throw new Error(message);
}
