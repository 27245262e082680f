import { describe, expect, it } from 'vitest';
import {
  add,
  Conv2d,
  type Core,
  createCore,
  Dropout,
  Graph,
  LayerNorm,
  Linear,
  matmul,
  max,
  mean,
  mul,
  type Node,
  OutOfMemoryError,
  Parameter,
  ReLU,
  Residual,
  relu,
  reshape,
  Sequential,
  SGD,
  sum,
  Tensor,
  tanh,
} from '../../src/index.ts';
import { newCore } from '../support/builds.ts';
import { Gain } from './custom-layers.ts';
import { bitsOf } from './zoo.ts';

const C = 64;
const blocks = (core: Core, count = 10) =>
  Array.from(
    { length: count },
    () =>
      new Residual(
        new Sequential(
          new LayerNorm(C, { core }),
          new Linear(C, 4 * C, { core }),
          new ReLU({ core }),
          new Linear(4 * C, C, { core }),
        ),
      ),
  );
const residualNet = (core: Core, planned = true) => {
  const net = blocks(core);
  return new Graph((x) => net.reduce((y: Node, block) => block.apply(y), x), { planned });
};
const smallNet = (core: Core) => {
  const [fc1, fc2, dropout] = [new Linear(8, 16, { core }), new Linear(16, 4, { core }), new Dropout(0.3, { core })];
  return new Graph((x) => sum(tanh(fc2.apply(dropout.apply(relu(add(fc1.apply(x), 0.1)))))), { names: { fc1, fc2 } });
};

describe('a residual net of 10 blocks', () => {
  it('takes at least 30 % less than without a plan in training, 70 % less in eval()', async () => {
    const core = await newCore({ simd: 'plain' });
    const net = residualNet(core);
    for (const [mode, least] of [
      ['training', 0.3],
      ['eval', 0.7],
    ] as const) {
      const { planned, naive } = net.train(mode === 'training').memory([32, C]);
      const saved = 1 - planned / naive;
      console.log(`${mode}: ${planned} of ${naive} bytes, ${(100 * saved).toFixed(1)} % less`);
      expect(saved).toBeGreaterThan(least);
    }
    // The naive figure is what a graph without shared memory takes.
    const plain = residualNet(core, false);
    for (const mode of [true, false]) {
      const { planned, naive } = plain.train(mode).memory([32, C]);
      expect(Math.abs(planned / naive - 1)).toBeLessThan(0.1);
    }
  });

  it('takes in linear memory what memory() says', async () => {
    const core = await newCore({ simd: 'plain' });
    const net = residualNet(core);
    const x = Tensor.randn([32, C], { core });
    for (const parameter of net.parameters()) parameter.grad;
    core.memory.scratch(2 ** 21);
    const before = core.memory.stats().liveBytes;
    const taken = () => core.memory.stats().liveBytes - before;
    const tables = 1024;
    net.forward(x);
    net.backward(x);
    const training = net.memory().planned;
    expect(taken()).toBeGreaterThanOrEqual(training);
    expect(taken()).toBeLessThan(training + tables);
    expect(net.memory()).toEqual(net.memory([32, C]));
    net.eval().forward(x);
    const both = training + net.memory().planned;
    expect(taken()).toBeGreaterThanOrEqual(both);
    expect(taken()).toBeLessThan(both + 2 * tables);
  });
});

it('allocates nothing in 1000 warm steps of forward, backward and the optimizer', async () => {
  const core = await newCore({ simd: 'plain' });
  const net = smallNet(core);
  const optimizer = new SGD(net.parameters(), { lr: 1e-3, momentum: 0.9 });
  const x = Tensor.randn([8, 8], { core });
  const step = () => {
    optimizer.zeroGrad();
    net.forward(x);
    net.backward();
    net.backwardParameters(0.5);
    optimizer.step();
  };
  step();
  const warm = core.memory.stats();
  for (let i = 0; i < 1000; i++) step();
  expect(core.memory.stats()).toEqual(warm);
});

describe('other shapes', () => {
  it('are traced once each; going back reuses the plan and gives the same bits', async () => {
    const core = await newCore({ simd: 'plain' });
    let calls = 0;
    const fc = new Linear(8, 3, { core });
    const net = new Graph((x) => {
      calls++;
      return relu(fc.apply(mul(x, 2)));
    });
    expect(calls).toBe(1);
    const [small, large] = [Tensor.randn([2, 8], { core }), Tensor.randn([32, 8], { core })];
    const dy = Tensor.ones([2, 3], { core });
    const run = () => [bitsOf([net.forward(small)]), bitsOf([net.backward(dy)])];
    const first = run();
    expect(calls).toBe(2);
    net.forward(large);
    expect(calls).toBe(3);
    const reserved = core.memory.stats().liveBytes;
    expect(run()).toEqual(first);
    net.forward(large);
    expect(run()).toEqual(first);
    expect(calls).toBe(3);
    expect(core.memory.stats().liveBytes).toBe(reserved);
    net.eval().forward(small);
    net.train().forward(small);
    expect(calls).toBe(4);
  });

  it('are kept up to 64, and the one that was not used for longest goes', async () => {
    const core = await newCore({ simd: 'plain' });
    let calls = -1;
    const net = new Graph(
      (x) => {
        calls++;
        return mul(x, 3);
      },
      { core },
    );
    const inputs = Array.from({ length: 65 }, (_, i) => Tensor.ones([i + 1], { core }));
    for (const x of inputs) net.forward(x);
    for (const x of inputs.slice(1)) expect(net.forward(x).data[0]).toBe(3);
    expect(calls).toBe(65);
    net.forward(inputs[0]);
    expect(calls).toBe(66);
    expect(core.memory.stats().liveTensors).toBeLessThan(65 + 3 * 64);
  });

  it('share one block: of growing batches only the largest stays', async () => {
    const core = await newCore({ simd: 'plain' });
    const net = new Graph((x) => tanh(mul(tanh(x), x)), { core });
    for (let n = 1; n <= 40; n++) {
      const x = Tensor.randn([100 * n], { core });
      net.forward(x);
      x.dispose();
    }
    const { liveBytes, liveTensors } = core.memory.stats();
    const tables = 40 * 4 * 64;
    expect(liveBytes).toBeLessThan(net.memory().planned + tables);
    expect(liveTensors).toBeLessThan(100);
  });
});

describe('growth of linear memory', () => {
  it('between and inside passes changes nothing', async () => {
    const run = async (grow: boolean) => {
      const core = await newCore({ simd: 'plain' });
      core.random.restart(3);
      const grown: number[] = [];
      const growNow = () => {
        if (!grow) return;
        const before = core.memory.stats().reservedBytes;
        core.memory.allocate(core.memory.stats().reservedBytes);
        grown.push(core.memory.stats().reservedBytes - before);
      };
      class Growing extends Gain {
        override forward(x: Tensor): Tensor {
          growNow();
          return super.forward(x);
        }
        override backward(dy: Tensor): Tensor {
          growNow();
          return super.backward(dy);
        }
      }
      const [fc, own] = [new Linear(8, 8, { core }), new Growing({ core })];
      const net = new Graph((x) => mul(own.apply(fc.apply(x)), tanh(x)));
      const x = Tensor.randn([4, 8], { core });
      const y = net.forward(x) as Tensor;
      const values = bitsOf([y]);
      growNow();
      const dx = net.backward(x) as Tensor;
      growNow();
      const gradients = bitsOf([dx, ...net.parameters().map(({ grad }) => grad)]);
      expect(bitsOf([y])).toEqual(values);
      if (grow) expect(Math.min(...grown)).toBeGreaterThan(0);
      return [values, gradients];
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

describe('out of memory', () => {
  it('leaves the graph as it was, and usable', async () => {
    const core = await createCore({ simd: 'plain', maxMemory: 2 ** 20 });
    const net = new Graph((x, y) => mul(tanh(x), y), { core });
    const small = [Tensor.randn([16, 8], { core }), Tensor.randn([8], { core })] as const;
    const large = [Tensor.randn([128, 1, 128], { core }), Tensor.randn([128, 1], { core })] as const;
    const dy = Tensor.ones([16, 8], { core });
    const y = net.forward(...small);
    const values = bitsOf([y]);
    const gradients = bitsOf(net.backward(dy));
    const before = core.memory.stats();
    expect(() => net.forward(...large)).toThrow(OutOfMemoryError);
    // The plan is there now, with its tables.
    const { liveBytes, liveTensors } = core.memory.stats();
    expect(liveBytes).toBeLessThan(before.liveBytes + 512);
    expect(liveTensors).toBe(before.liveTensors + 1);
    expect(bitsOf([y])).toEqual(values);
    expect(bitsOf(net.backward(dy))).toEqual(gradients);
    expect(bitsOf([net.forward(...small)])).toEqual(values);
    expect(() => net.forward(...large)).toThrow(OutOfMemoryError);
    expect(bitsOf(net.backward(dy))).toEqual(gradients);
    expect(core.memory.stats()).toMatchObject({ liveBytes, liveTensors });
  });

  const chains: Record<string, (core: Core) => [Graph, x: Tensor]> = {
    linear: (core) => {
      const [a, b] = [new Linear(300, 100, { core }), new Linear(100, 2, { core })];
      return [new Graph((x) => b.apply(tanh(a.apply(x)))), Tensor.randn([1, 300], { core })];
    },
    convolution: (core) => {
      const [a, b] = [new Conv2d(3, 5, 3, { core }), new Conv2d(5, 1, 1, { core })];
      return [new Graph((x) => b.apply(tanh(a.apply(x)))), Tensor.randn([1, 3, 6, 6], { core })];
    },
    gates: (core) => {
      const [a, b] = [
        Parameter.from(new Float32Array(900).fill(0.1), [30, 30], { core }),
        Parameter.from([2], [], { core }),
      ];
      return [new Graph((x) => mul(max(mul(matmul(x, a), 3), 1), b)), Tensor.randn([40, 30], { core })];
    },
  };
  it.each(Object.entries(chains))('backward, leaves gradients as they were: %s', async (_, make) => {
    const core = await createCore({ simd: 'plain', maxMemory: 2 ** 21 });
    const [graph, x] = make(core);
    const y = graph.forward(x) as Tensor;
    const dy = Tensor.ones(y.shape, { core });
    const filling: number[] = [];
    for (let size = 2 ** 16; size >= 64; size >>= 1) {
      try {
        for (;;) filling.push(core.memory.allocate(size));
      } catch {}
    }
    const gradients = () => graph.parameters().flatMap(({ hasGrad, grad }) => (hasGrad ? [...grad.data] : []));
    for (;;) {
      try {
        graph.backward(dy);
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
      }
      for (const parameter of graph.parameters()) {
        if (parameter.hasGrad) expect(parameter.grad.data.every((value) => value === 0)).toBe(true);
      }
      core.memory.free(filling.pop() as number);
    }
    const once = gradients();
    expect(once.some((value) => value !== 0)).toBe(true);
    graph.zeroGrad();
    graph.backward(dy);
    expect(gradients()).toEqual(once);
  });

  it.each(Object.entries(chains))('after forward is not to be had from scratch: %s', async (_, make) => {
    const core = await newCore({ simd: 'plain' });
    const [graph, x] = make(core);
    for (const parameter of graph.parameters()) parameter.grad.fill(0);
    const y = graph.forward(x) as Tensor;
    const dy = Tensor.ones(y.shape, { core });
    const { liveBytes } = core.memory.stats();
    graph.backward(dy);
    expect(core.memory.stats()).toMatchObject({ liveBytes });
  });

  it('where only the tables do not fit any more, too', async () => {
    const core = await createCore({ simd: 'plain', maxMemory: 2 ** 18 });
    const net = new Graph((x, y) => mul(x, y), { core });
    const [x, y] = [Tensor.ones([4, 2], { core }), Tensor.ones([2], { core })];
    const filling: number[] = [];
    for (let size = 2 ** 16; size >= 64; size >>= 1) {
      try {
        for (;;) filling.push(core.memory.allocate(size));
      } catch {}
    }
    for (let free = 0; free < 6; free++) {
      if (free) core.memory.free(filling.pop() as number);
      try {
        expect([...(net.forward(x, y) as Tensor).data]).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
        return expect(free).toBeGreaterThan(1);
      } catch (error) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(() => net.backward(x)).toThrow('Graph.backward: no forward pass to go back through');
      }
    }
    expect.fail('the graph was not usable again');
  });
});

it('gives all memory back when it is disposed of', async () => {
  const core = await newCore({ simd: 'plain' });
  core.memory.scratch(2 ** 16);
  const x = Tensor.randn([6, 8], { core });
  const before = core.memory.stats();
  const fc = new Linear(8, 8, { core });
  const scale = Parameter.from([2], [], { core });
  const table = Tensor.ones([8], { core });
  const gain = new Gain({ core });
  const net = new Graph((x) => reshape(mean(mul(add(gain.apply(fc.apply(x)), table), mul(scale, 3)), 1), [2, -1]));
  net.forward(x);
  net.backward(Tensor.ones([2, 3], { core }));
  net.trace();
  net.toDot([4, 8]);
  net.memory([12, 8]);
  net.eval().forward(x);
  const fork = net.fork();
  fork.forward(x);
  fork.dispose();
  expect(fc.weight.isDisposed).toBe(false);
  net.dispose();
  expect(fc.weight.isDisposed && scale.isDisposed).toBe(true);
  table.dispose();
  const { liveBytes, liveTensors } = core.memory.stats();
  // The upstream gradient made above is the only tensor left.
  expect({ liveBytes, liveTensors }).toEqual({ liveBytes: before.liveBytes + 64, liveTensors: before.liveTensors + 1 });
});
