import { describe, expect, it } from 'vitest';
import {
  add,
  Dropout,
  embedding,
  Graph,
  Linear,
  mul,
  type Node,
  Parameter,
  Residual,
  relu,
  sum,
  Tensor,
} from '../../src/index.ts';
import { newCore } from '../support/builds.ts';
import { Gain } from './custom-layers.ts';
import { bitsOf } from './zoo.ts';

const core = await newCore({ simd: 'plain' });
const elsewhere = await newCore({ simd: 'plain' });
const o = { core };
const ones = (...shape: number[]) => Tensor.ones(shape, o);
const disposed = (tensor: Tensor): Tensor => {
  tensor.dispose();
  return tensor;
};
const three = ones(3);
/** Arguments that no graph of f32 takes for a tensor of three, and what it says. */
const unsuitable: [what: string, value: unknown, message: string][] = [
  ['undefined', undefined, 'expected a Tensor, got undefined'],
  ['null', null, 'expected a Tensor, got null'],
  ['an array', [1, 2, 3], 'expected a Tensor, got [1, 2, 3]'],
  ['another dtype', Tensor.ones([3], { core, dtype: 'f64' }), "expected dtype f32, got 'f64'"],
  ['another core', Tensor.ones([3], { core: elsewhere }), 'belongs to another core'],
  ['a disposed tensor', disposed(ones(3)), '[3] was disposed'],
];

/** The state that a refused call must leave. */
function stateOf(parameters: readonly Parameter[]) {
  const gradients = bitsOf(parameters.map(({ grad }) => grad));
  const { liveBytes, liveTensors } = core.memory.stats();
  return { liveBytes, liveTensors, random: core.random.state, gradients };
}

describe('forward', () => {
  const graph = new Graph((x, y) => mul(x, y), o);

  it.each(unsuitable)('with %s', (_, value, message) => {
    expect(() => graph.forward(three, value as Tensor)).toThrow(`Graph.forward: y ${message}`);
  });

  it('with another number of inputs', () => {
    const forward = graph.forward.bind(graph) as (...inputs: Tensor[]) => unknown;
    expect(() => forward(three)).toThrow('Graph.forward: expected 2 inputs (x, y), got 1');
    expect(() => forward(three, three, three)).toThrow('Graph.forward: expected 2 inputs (x, y), got 3');
    const single = new Graph((image) => relu(image), o);
    expect(() => (single.forward as () => unknown)()).toThrow('Graph.forward: expected 1 input (image), got 0');
  });

  it('with a result or an input gradient of its own, which the pass would overwrite', () => {
    const square = new Graph((x) => mul(relu(x), x), o);
    const own = 'is a tensor of this graph, which the pass overwrites: clone() it';
    const y = square.forward(three);
    const dx = square.backward(three);
    const values = bitsOf([y, dx]);
    expect(() => square.forward(y)).toThrow(`Graph.forward: x ${own}`);
    expect(() => square.forward(dx.reshape([3, 1]))).toThrow(`Graph.forward: x ${own}`);
    expect(() => square.backward(dx)).toThrow(`Graph.backward: dy ${own}`);
    expect(bitsOf([y, dx])).toEqual(values);
    // Nothing that backward writes: the gradient of y²/2.
    expect([...square.backward(y).data]).toEqual([2, 2, 2]);
    expect([...square.forward(y.clone()).data]).toEqual([1, 1, 1]);
  });
});

describe('backward', () => {
  const scale = Parameter.from([2], [1], o);
  const graph = new Graph((x) => mul(x, scale), o);
  const pair = new Graph((x) => [mul(x, scale), sum(x)], o);

  it('before forward', () => {
    const fresh = new Graph((x) => relu(x), o);
    expect(() => fresh.backward(three)).toThrow('Graph.backward: no forward pass to go back through');
    expect(() => fresh.backwardParameters(three)).toThrow('Graph.backward: no forward pass to go back through');
    for (const method of ['trace', 'memory', 'toDot', 'toMermaid'] as const) {
      expect(() => fresh[method]()).toThrow(`Graph.${method}: no forward pass yet`);
    }
  });

  const cases: [what: string, upstream: unknown[], message: string][] = [
    ...unsuitable.map(([what, value, message]): [string, unknown[], string] => [what, [value], `dy ${message}`]),
    ['nothing, of more than one element', [], 'dy expected a Tensor, got undefined'],
    ['a number, of more than one element', [1], 'dy expected [3], got 1'],
    ['another shape', [ones(2)], 'dy expected [3], got [2]'],
    ['too many', [three, three], 'expected 1 upstream gradient, got 2'],
  ];
  it.each(cases)('with %s', (_, upstream, message) => {
    graph.forward(three);
    const before = stateOf([scale]);
    expect(() => graph.backward(...(upstream as [Tensor]))).toThrow(`Graph.backward: ${message}`);
    expect(() => graph.backwardParameters(...(upstream as [Tensor]))).toThrow(`Graph.backward: ${message}`);
    expect(stateOf([scale])).toEqual(before);
    // Not even trace() takes it for a backward pass.
    expect(graph.trace().map(({ gradient }) => gradient)).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ['nothing', [], 'dy[0] expected a Tensor, got undefined'],
    ['too few', [three], 'expected 2 upstream gradients, got 1'],
    ['a wrong one', [three, ones(2)], 'dy[1] expected [], got [2]'],
    ['null', [null, 1], 'dy[0] expected a Tensor, got null'],
    ['a number for a tensor', [2, 1], 'dy[0] expected [3], got 2'],
  ])('of two results with %s', (_, upstream, message) => {
    pair.forward(three);
    expect(() => pair.backward(...(upstream as [Tensor]))).toThrow(`Graph.backward: ${message}`);
  });

  it('takes numbers for results of one element, and undefined for one of several', () => {
    pair.forward(three);
    expect([...pair.backward(three, 0.5).data]).toEqual([2.5, 2.5, 2.5]);
    expect([...pair.backward(undefined, 3).data]).toEqual([3, 3, 3]);
    expect([...pair.backward(three, undefined).data]).toEqual([2, 2, 2]);
    const total = new Graph((x) => sum(x, 0, { keepdim: true }), o);
    total.forward(three);
    expect([...total.backward().data]).toEqual([1, 1, 1]);
    expect([...total.backward(-2).data]).toEqual([-2, -2, -2]);
  });
});

describe('a tensor that is gone', () => {
  it.each(['constant', 'parameter'] as const)('is named before anything runs, forward and backward: a %s', (kind) => {
    const gone = kind === 'constant' ? ones(3) : Parameter.from([1, 2, 3], [3], o);
    const [dropout, gain] = [new Dropout(0.5, o), new Gain(o)];
    const graph = new Graph((x) => add(gain.apply(dropout.apply(x)), gone));
    graph.forward(three);
    graph.backward(three);
    gone.dispose();
    const before = { ...stateOf([gain.gain]), passes: gain.passes };
    expect(() => graph.forward(three)).toThrow(`Graph.forward: ${kind} [3] was disposed`);
    expect(() => graph.backward(three)).toThrow(`Graph.backward: ${kind} [3] was disposed`);
    expect(() => graph.trace()).toThrow('[3] was disposed');
    expect({ ...stateOf([gain.gain]), passes: gain.passes }).toEqual(before);
  });

  it("may be a layer's", () => {
    const fc = new Linear(3, 3, o);
    const graph = new Graph((x) => relu(fc.apply(x)), { names: { fc } });
    graph.forward(three);
    fc.dispose();
    expect(() => graph.forward(three)).toThrow('Graph.forward: fc.weight [3, 3] was disposed');
    expect(() => graph.backward(three)).toThrow('Graph.backward: fc.weight [3, 3] was disposed');
  });

  it('may be an input that backward reads', () => {
    const scale = Parameter.from([2], [1], o);
    const product = new Graph((x, y) => mul(mul(x, y), scale), o);
    const [x, y] = [ones(3), ones(3)];
    product.forward(x, y);
    y.dispose();
    expect(() => product.backward(three)).toThrow('Graph.backward: y [3] was disposed');
    expect([...scale.grad.data]).toEqual([0]);
    // One whose elements are not read is not missed.
    const total = new Graph((x) => sum(x), o);
    const gone = ones(3);
    total.forward(gone);
    gone.dispose();
    expect([...total.backward().data]).toEqual([1, 1, 1]);
  });
});

describe('indices', () => {
  it('are checked before anything runs, also before going back', () => {
    const gain = new Gain(o);
    const table = Parameter.from([1, 2, 3, 4], [2, 2], o);
    const index = Tensor.from([0, 1], [2], { dtype: 'i32', core });
    const graph = new Graph((x, i) => mul(gain.apply(x), embedding(i, table)), o);
    const x = ones(2, 2);
    const y = graph.forward(x, index);
    const values = bitsOf([y]);
    const { passes } = gain;
    index.data[1] = 2;
    const message = 'embedding(parameter [2, 2], i): index expected indices from 0 to 1, got 2';
    expect(() => graph.forward(x, index)).toThrow(`Graph: ${message}`);
    expect(() => graph.backward(x)).toThrow(`Graph: ${message}`);
    expect(gain.passes).toBe(passes);
    expect(bitsOf([y])).toEqual(values);
    expect([...table.grad.data]).toEqual([0, 0, 0, 0]);
    index.data[1] = 1;
    const [dx, di] = graph.backward(x);
    expect([...dx.data]).toEqual([1.5, 3, 4.5, 6]);
    expect(di).toBeUndefined();
    expect([...table.grad.data]).toEqual([1.5, 1.5, 1.5, 1.5]);
  });
});

it('leaves nothing to go back through where a layer throws in the middle of a pass', () => {
  class Moody extends Gain {
    override forward(x: Tensor): Tensor {
      if (x.data[0] > 5) throw new Error('not today');
      return super.forward(x);
    }
  }
  const moody = new Moody(o);
  const graph = new Graph((x) => moody.apply(relu(x)));
  graph.forward(three);
  const dx = bitsOf([graph.backward(three)]);
  expect(() => graph.forward(Tensor.full([3], 6, o))).toThrow('not today');
  expect(() => graph.backward(three)).toThrow('Graph.backward: no forward pass to go back through');
  graph.forward(three);
  expect(bitsOf([graph.backward(three)])).toEqual(dx);
});

describe('constructor', () => {
  const fc = new Linear(3, 3, o);
  const f = (x: Node) => fc.apply(x);
  it.each([
    ['no function', 3, {}, 'new Graph: build expected a function of nodes, got 3'],
    [
      'an unknown option',
      f,
      { plan: false },
      "new Graph: options expected only names, planned, dtype, core, got 'plan'",
    ],
    ['planned that is no boolean', f, { planned: 1 }, 'new Graph: planned expected true or false, got 1'],
    ['a dtype that has no kernels', f, { dtype: 'i32' }, "new Graph: dtype expected 'f32' or 'f64', got 'i32'"],
    ['a name of a number', f, { names: { a: 3 } }, 'new Graph: names.a expected a layer or a Parameter, got 3'],
    [
      'a name of a tensor',
      f,
      { names: { a: three } },
      'new Graph: names.a expected a layer or a Parameter, got Tensor',
    ],
    [
      'names in an array',
      f,
      { names: [fc] },
      'new Graph: names expected an object of layers and parameters, got [Linear]',
    ],
    ['no names', f, { names: null }, 'new Graph: names expected an object of layers and parameters, got null'],
    ['a name with a dot', f, { names: { 'a.b': fc } }, "new Graph: names expected names without dots, got 'a.b'"],
  ])('with %s', (_, build, options, message) => {
    expect(() => new Graph(build as never, { core, ...options } as never)).toThrow(message);
  });

  it('of Residual without a layer', () => {
    expect(() => new Residual(3 as never)).toThrow('new Residual: body expected a layer, got 3');
    expect(() => new Residual(fc, { shortcut: three as never })).toThrow(
      'new Residual: shortcut expected a layer, got',
    );
  });

  it('looks at shapes that are shapes', () => {
    const graph = new Graph((x, y) => mul(x, y), o);
    expect(() => graph.toDot([2])).toThrow('Graph.toDot: expected 2 shapes (x, y), got 1');
    expect(() => graph.memory([2], [0])).toThrow('Graph.memory: shapes[1][0] expected a whole number ≥ 1, got 0');
  });
});
