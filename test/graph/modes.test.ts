import { describe, expect, it } from 'vitest';
import {
  add,
  Dropout,
  Graph,
  gradCheck,
  Linear,
  manualSeed,
  mul,
  Residual,
  relu,
  Sequential,
  Tensor,
  tanh,
} from '../../src/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { Gain } from './custom-layers.ts';
import { bitsOf } from './zoo.ts';

forEachBuild((core, dtype) => {
  const o = { core, dtype };
  const n = 64;
  const ones = Tensor.ones([n], o);
  const isMask = (values: ArrayLike<number>) => Array.from(values).some((value) => value === 0);

  describe('train and eval', () => {
    it('reach the layers inside, wherever they stand', () => {
      const dropouts = Array.from({ length: 4 }, () => new Dropout(0.5, o));
      const [a, b, c, d] = dropouts;
      const inner = new Graph((x) => b.apply(x), o);
      const blocks = new Sequential(new Residual(c), d);
      const net = new Graph((x) => blocks.apply(inner.apply(a.apply(x))), o);
      net.eval();
      expect(dropouts.map(({ training }) => training)).toEqual([false, false, false, false]);
      expect([...net.forward(ones).data].every((value) => value === 2)).toBe(true);
      net.train();
      expect(dropouts.map(({ training }) => training)).toEqual([true, true, true, true]);
      expect(isMask(net.forward(ones).data)).toBe(true);
      // One alone.
      for (const dropout of [a, b, d]) dropout.eval();
      expect(isMask(net.forward(ones).data)).toBe(false);
      expect([...net.forward(ones).data].some((value) => value === 3)).toBe(true);
    });

    it('count at forward: backward goes the way that forward went', () => {
      const dropout = new Dropout(0.5, o);
      const net = new Graph((x) => mul(dropout.apply(x), 1), o);
      manualSeed(3, { core });
      const mask = net.forward(ones).toArray();
      net.eval();
      expect([...net.backward(ones).data]).toEqual([...mask]);
      net.forward(ones);
      net.train();
      const random = core.random.state;
      expect([...net.backward(ones).data]).toEqual([...ones.data]);
      expect(core.random.state).toEqual(random);
      expect(dropout.training).toBe(true);
    });

    it('of layers inside one that runs itself count, too', () => {
      class Own extends Gain {
        readonly dropout = this.child('dropout', new Dropout(0.5, o));
        override forward(x: Tensor): Tensor {
          return super.forward(this.dropout.forward(x));
        }
        override backward(dy: Tensor): Tensor {
          return this.dropout.backward(super.backward(dy));
        }
      }
      const own = new Own(o);
      const net = new Graph((x) => own.apply(x), o);
      expect(isMask(net.forward(ones).data)).toBe(true);
      own.dropout.eval();
      expect(isMask(net.forward(ones).data)).toBe(false);
      own.dropout.train();
      expect(isMask(net.forward(ones).data)).toBe(true);
    });
  });

  it('in eval() backward works all the same and leaves the results alone', () => {
    const gain = new Gain(o);
    const net = new Graph((x) => tanh(gain.apply(tanh(mul(tanh(x), 2)))), o);
    const x = Tensor.randn([n], o);
    net.forward(x);
    const want = bitsOf([net.backward(ones)]);
    net.eval();
    const y = net.forward(x);
    const values = bitsOf([y]);
    const { planned } = net.memory();
    expect(bitsOf([net.backward(ones)])).toEqual(want);
    expect(bitsOf([y])).toEqual(values);
    expect(y.isDisposed).toBe(false);
    expect(planned).toBeLessThan(net.memory().planned);
    expect(bitsOf([net.forward(x), net.backward(ones)])).toEqual([...values, ...want]);
  });

  describe('a fork', () => {
    const make = () => {
      const [fc, dropout] = [new Linear(4, 4, o), new Dropout(0.5, o)];
      return { fc, dropout, net: new Graph((x) => dropout.apply(relu(fc.apply(x))), { names: { fc } }) };
    };
    const x = Tensor.randn([3, 4], o);
    const other = Tensor.randn([3, 4], o);
    const dy = Tensor.ones([3, 4], o);

    it('shares parameters and has activations of its own', () => {
      const { fc, net } = make();
      net.eval();
      const twin = net.fork();
      expect(twin.parameters()).toEqual(net.parameters());
      expect(twin.parameters()[0]).toBe(fc.weight);
      const y = net.forward(x);
      const values = bitsOf([y]);
      const single = bitsOf([net.backward(dy), fc.weight.grad]);
      fc.zeroGrad();
      net.forward(x);
      expect(bitsOf([twin.forward(other)])).not.toEqual(values);
      expect(bitsOf([y])).toEqual(values);
      expect(bitsOf([net.backward(dy), fc.weight.grad])).toEqual(single);
      twin.backward(dy);
      expect(bitsOf([fc.weight.grad])).not.toEqual(single.slice(1));
    });

    it('has modes of its own, also of graphs inside and in Sequential', () => {
      const { dropout, net } = make();
      const shell = new Graph((x) => net.apply(x), o);
      const sequence = new Sequential(net);
      for (const outer of [net, shell, new Sequential(shell), new Graph((x) => sequence.apply(x), o)]) {
        const twin = outer.fork().eval();
        expect(dropout.training).toBe(true);
        const first = bitsOf([twin.forward(x)]);
        expect(bitsOf([twin.forward(x)])).toEqual(first);
        const random = core.random.state;
        outer.forward(x);
        expect(core.random.state).not.toEqual(random);
        outer.eval();
        twin.train();
        expect(dropout.training).toBe(false);
        expect(bitsOf([outer.forward(x)])).toEqual(first);
        outer.train();
      }
    });

    it('gives its memory back and leaves the rest', () => {
      const { fc, net } = make();
      net.eval().forward(x);
      const before = core.memory.stats();
      const twin = net.fork();
      twin.forward(x);
      twin.backward(dy);
      twin.trace();
      expect(core.memory.stats().liveBytes).toBeGreaterThan(before.liveBytes);
      twin.dispose();
      expect(fc.weight.isDisposed).toBe(false);
      const { liveTensors } = core.memory.stats();
      // The gradients of weight and bias stay.
      expect(liveTensors).toBe(before.liveTensors + 2);
      expect(net.forward(x).isDisposed).toBe(false);
    });
  });

  it('aside, as in gradCheck, leaves the last pass as it was: results, backward, trace', () => {
    if (dtype === 'f32') return;
    const [fc, dropout] = [new Linear(4, 4, o), new Dropout(0.5, o)];
    const net = new Graph((x) => add(dropout.apply(fc.apply(x)), x), { names: { fc } });
    const x = Tensor.randn([3, 4], o);
    const y = net.forward(x);
    const values = bitsOf([y]);
    const traced = net.trace();
    expect(gradCheck(net, [2, 4]).ok).toBe(true);
    expect(net.aside(() => bitsOf([net.forward(Tensor.ones([5, 4], o))]))).not.toEqual(values);
    expect(bitsOf([y])).toEqual(values);
    expect(net.trace()).toEqual(traced);
    const dx = bitsOf([net.backward(x)]);
    net.aside(() => net.forward(Tensor.ones([3, 4], o)));
    expect(bitsOf([net.backward(x)])).toEqual(dx);
  });
});
