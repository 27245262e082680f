import { describe, expect, it } from 'vitest';
import {
  Adam,
  type AdamOptions,
  AdamW,
  type Core,
  createCore,
  type FloatDType,
  LayerNorm,
  loadSafetensors,
  OutOfMemoryError,
  type Parameter,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
  saveSafetensors,
  Tensor,
} from '../../src/index.ts';
import { adam } from '../reference/adam.ts';
import { rmsprop } from '../reference/rmsprop.ts';
import { sgd } from '../reference/sgd.ts';
import { cores, forEachBuild } from '../support/builds.ts';
import { expectClose } from '../support/close.ts';
import { Random } from '../support/random.ts';

/** A parameter of its own: the weight of a layer without bias. */
function parameterOf(core: Core, size: number, dtype: FloatDType = 'f32'): Parameter {
  return new LayerNorm(size, { core, dtype, bias: false }).weight as Parameter;
}

type Step = (p: Float64Array, g: Float64Array) => void;

const zeros = (size: number) => new Float64Array(size);

function sgdOracle(options: SGDOptions): Step {
  const state = {};
  return (p, g) => sgd(p, state, g, options);
}

function adamOracle(size: number, options: AdamOptions, decoupled = false): Step {
  const state = { t: 0, m: zeros(size), v: zeros(size), vmax: zeros(size) };
  return (p, g) => adam(p, state, g, { ...options, betas: [...(options.betas ?? [0.9, 0.999])], decoupled });
}

function rmspropOracle(size: number, options: RMSpropOptions): Step {
  const state = { square: zeros(size), mean: zeros(size), velocity: zeros(size) };
  return (p, g) => rmsprop(p, state, g, options);
}

forEachBuild((core, dtype) => {
  const size = 7;

  /** Five steps of an optimizer beside five of its oracle, with random gradients. */
  function compare(
    make: (parameters: Parameter[]) => { step(): void; dispose(): void },
    oracle: Step,
    /** The longest a step is, in units of the learning rate, and that rate. */
    reach: number,
  ) {
    const random = new Random(5);
    const parameter = parameterOf(core, size, dtype).set(random.normals(size));
    const expected = Float64Array.from(parameter.data);
    const optimizer = make([parameter]);
    for (let step = 0; step < 5; step++) {
      const g = random.normals(size);
      parameter.grad.set(g);
      optimizer.step();
      oracle(expected, g);
      // Some 20 roundings a step, each relative to the parameter or to what has been added to it.
      const scale = Math.max(...expected.map(Math.abs)) + (step + 1) * reach;
      expectClose(parameter.data, expected, { dtype, terms: 20 * (step + 1), scale });
    }
    optimizer.dispose();
    parameter.dispose();
  }

  const sgdSettings: SGDOptions[] = [
    { lr: 0.1 },
    { lr: 0.1, weightDecay: 0.05, maximize: true },
    { lr: 0.1, momentum: 0.9, dampening: 0.3 },
    { lr: 0.1, momentum: 0.8, weightDecay: 0.1, nesterov: true },
  ];
  it.each(sgdSettings)('SGD %o', (options) => {
    compare((parameters) => new SGD(parameters, options), sgdOracle(options), 1);
  });

  const adamSettings: AdamOptions[] = [
    {},
    { lr: 0.1, betas: [0.8, 0.95], eps: 1e-3 },
    { lr: 0.1, weightDecay: 0.1, amsgrad: true, maximize: true },
  ];
  it.each(adamSettings)('Adam and AdamW %o', (options) => {
    compare((parameters) => new Adam(parameters, options), adamOracle(size, options), 0.2);
    const decoupled = { weightDecay: 0.01, ...options };
    compare((parameters) => new AdamW(parameters, options), adamOracle(size, decoupled, true), 0.2);
  });

  const rmspropSettings: RMSpropOptions[] = [
    {},
    { lr: 0.1, alpha: 0.9, momentum: 0.9, maximize: true },
    { lr: 0.1, alpha: 0.9, eps: 0.1, centered: true, momentum: 0.5, weightDecay: 0.1 },
  ];
  it.each(rmspropSettings)('RMSprop %o', (options) => {
    compare((parameters) => new RMSprop(parameters, options), rmspropOracle(size, options), 2);
  });
});

const [core] = cores;

describe('groups and settings', () => {
  it('takes groups with settings of their own, and lr for all', () => {
    const [a, b] = [parameterOf(core, 2), parameterOf(core, 2)];
    const optimizer = new SGD([{ params: a }, { params: [b], lr: 0.5, momentum: undefined }], { lr: 0.25 });
    for (const parameter of [a, b]) parameter.grad.fill(1);
    optimizer.step();
    expect([a.data[0], b.data[0]]).toEqual([0.75, 0.5]);
    optimizer.paramGroups[0].lr = 1;
    optimizer.step();
    expect([a.data[0], b.data[0]]).toEqual([-0.25, 0]);
    optimizer.lr = 2;
    optimizer.step();
    expect([a.data[0], b.data[0]]).toEqual([-2.25, -2]);
    expect(optimizer.lr).toBe(2);
    optimizer.zeroGrad();
    expect([...a.grad.data, ...b.grad.data]).toEqual([0, 0, 0, 0]);
  });

  it('leaves a parameter alone until it has a gradient', () => {
    const [a, b] = [parameterOf(core, 2), parameterOf(core, 2)];
    const optimizer = new AdamW([a, b], { lr: 0.1, weightDecay: 1 });
    a.grad.fill(1);
    optimizer.step();
    expect(b.hasGrad).toBe(false);
    expect([...b.data]).toEqual([1, 1]);
    expect(optimizer.stateDict()['1.step'].data[0]).toBe(0);
    b.grad.fill(0); // a gradient of zeros is one: weight decay acts
    optimizer.step();
    expect(b.data[0]).toBeCloseTo(0.9, 6);
    b.grad.dispose();
    expect(b.hasGrad).toBe(false);
    optimizer.zeroGrad();
    optimizer.step();
    expect(optimizer.stateDict()['1.step'].data[0]).toBe(1);
  });

  it('makes its state with the optimizer, so that steps allocate nothing, and gives it back', () => {
    const parameter = parameterOf(core, 1000);
    parameter.grad.fill(1);
    const before = core.memory.stats();
    const optimizer = new Adam([parameter], { amsgrad: true });
    const warm = core.memory.stats();
    for (let step = 0; step < 3; step++) optimizer.step();
    expect(core.memory.stats()).toEqual(warm);
    optimizer.dispose();
    expect(core.memory.stats().liveBytes).toBe(before.liveBytes);
    expect(() => optimizer.step()).toThrow('Adam.step: the optimizer was disposed');
  });

  it('makes the state that a changed setting needs', () => {
    const parameter = parameterOf(core, 1);
    const optimizer = new SGD([parameter], { lr: 1, dampening: 0.5 });
    expect(optimizer.stateDict()).toEqual({});
    parameter.grad.fill(1);
    optimizer.step();
    optimizer.paramGroups[0].momentum = 0.5;
    optimizer.step(); // v = g
    optimizer.step(); // v = 0.5·1 + 0.5·1
    expect(parameter.data[0]).toBe(-2);
  });

  it('fails as a whole when memory does not suffice', async () => {
    const small = await createCore({ simd: 'plain', maxMemory: 2 ** 20 });
    const parameters = [parameterOf(small, 50_000), parameterOf(small, 50_000)];
    const before = small.memory.stats();
    expect(() => new Adam(parameters)).toThrow(OutOfMemoryError);
    expect(small.memory.stats()).toMatchObject({ liveBytes: before.liveBytes, liveTensors: before.liveTensors });
  });

  it('goes on from a state dict in a file as if it had never stopped', () => {
    const run = (steps: number, parameter: Parameter, optimizer: Adam) => {
      for (let step = 0; step < steps; step++) {
        parameter.grad.set(parameter.data.map((value) => value - 3));
        optimizer.step();
      }
    };
    const [a, b] = [parameterOf(core, 5), parameterOf(core, 5)];
    const whole = new Adam([a], { lr: 0.1 });
    run(7, a, whole);
    const first = new Adam([b], { lr: 0.1 });
    run(3, b, first);
    const second = new Adam([b], { lr: 0.1 });
    const state = loadSafetensors(saveSafetensors(first.stateDict()), { core });
    expect(Object.keys(state).sort()).toEqual(['0.exp_avg', '0.exp_avg_sq', '0.step']);
    second.loadStateDict(state);
    run(4, b, second);
    expect([...b.data]).toEqual([...a.data]);
    expect(() => new Adam([b], { amsgrad: true }).loadStateDict(state)).toThrow('0.max_exp_avg_sq is missing');
    expect(() => new SGD([b], { lr: 1 }).loadStateDict(state)).toThrow('SGD.loadStateDict: 0.step is unexpected');
    expect(() => new Adam([parameterOf(core, 6)]).loadStateDict(state)).toThrow('0.exp_avg expected [6], got [5]');
  });
});

describe('bad input', () => {
  const one = () => [parameterOf(core, 2)];

  it('refuses what is not a list of live parameters', () => {
    expect(() => new SGD([], { lr: 1 })).toThrow('new SGD: parameters expected at least one Parameter, got []');
    expect(() => new SGD(3 as never, { lr: 1 })).toThrow('new SGD: parameters expected an iterable of Parameters');
    expect(() => new SGD([Tensor.ones([2], { core }) as Parameter], { lr: 1 })).toThrow(
      'new SGD: parameters[0] expected a Parameter, got Tensor',
    );
    expect(() => new Adam([{ params: one() }, one()[0]] as never)).toThrow(
      'new Adam: parameters[1] expected a group { params, … } like the others, got Parameter',
    );
    expect(() => new Adam([{ params: [] }])).toThrow('parameters[0].params expected at least one Parameter');
    expect(() => new Adam([{ params: one(), rate: 1 } as never])).toThrow("got 'rate'");
    const [parameter] = one();
    expect(() => new Adam([parameter, parameter])).toThrow('new Adam: parameters[1] [2] is listed twice');
    expect(() => new Adam([{ params: parameter }, { params: parameter }])).toThrow('is listed twice');
    expect(() => new Adam([parameter, parameterOf(cores.at(-1) as Core, 2), ...one()])).toThrow(
      cores.length > 1 ? 'new Adam: parameters[1] belongs to another core' : '',
    );
    parameter.dispose();
    expect(() => new Adam([parameter])).toThrow('new Adam: parameters[0] [2] was disposed');
  });

  it.each([
    [() => new SGD(one()), 'new SGD: lr expected a finite number ≥ 0, got undefined'],
    [() => new SGD(one(), { lr: -1 }), 'new SGD: lr expected a finite number ≥ 0, got -1'],
    [() => new SGD(one(), { lr: NaN }), 'lr expected a finite number ≥ 0, got NaN'],
    [() => new SGD(one(), { lr: 1, momentum: -0.1 }), 'momentum expected a finite number ≥ 0'],
    [() => new SGD(one(), { lr: 1, nesterov: true }), 'nesterov expected momentum > 0 and dampening 0, got 0 and 0'],
    [() => new SGD(one(), { lr: 1, nesterov: true, momentum: 0.9, dampening: 0.1 }), 'got 0.9 and 0.1'],
    [() => new SGD(one(), { lr: 1, weightDecay: Infinity }), 'weightDecay expected a finite number ≥ 0'],
    [() => new SGD(one(), { lr: 1, weight_decay: 1 } as object), "got 'weight_decay'"],
    [() => new Adam(one(), { betas: [1, 0.9] }), 'betas[0] expected a number < 1, got 1'],
    [() => new Adam(one(), { betas: [0.9, -0.1] }), 'betas[1] expected a finite number ≥ 0'],
    [() => new Adam(one(), { betas: 0.9 as never }), 'betas expected two numbers, got 0.9'],
    [() => new Adam(one(), { eps: NaN }), 'eps expected'],
    [() => new AdamW(one(), { amsgrad: 1 as never }), 'new AdamW: amsgrad expected true or false, got 1'],
    [() => new RMSprop(one(), { alpha: 1.5 }), 'alpha expected a finite number ≥ 0 and ≤ 1, got 1.5'],
    [() => new RMSprop(one(), { centered: 'no' as never }), 'centered expected true or false'],
    [() => new Adam([{ params: one(), lr: -1 }]), 'new Adam: lr expected'],
  ])('%o', (make, message) => {
    const { liveTensors } = core.memory.stats();
    expect(make).toThrow(message);
    expect(core.memory.stats().liveTensors).toBeLessThanOrEqual(liveTensors + 1); // the parameter itself
  });

  it('checks at each step, before any parameter moves', () => {
    const [a, b] = [...one(), ...one()];
    const optimizer = new SGD([a, b], { lr: 1 });
    a.grad.fill(1);
    expect(() => {
      optimizer.lr = NaN;
    }).toThrow('SGD: lr expected a finite number ≥ 0, got NaN');
    optimizer.paramGroups[0].momentum = NaN;
    expect(() => optimizer.step()).toThrow('SGD.step: momentum expected');
    optimizer.paramGroups[0].momentum = 0;
    b.dispose();
    expect(() => optimizer.step()).toThrow('SGD.step: params[1] [2] was disposed');
    expect([...a.data]).toEqual([1, 1]);
  });
});
