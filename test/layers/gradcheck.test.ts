import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as simdgrad from '../../src/index.ts';
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool2d,
  add,
  BCELoss,
  BCEWithLogitsLoss,
  Conv2d,
  type Core,
  CrossEntropyLoss,
  concat,
  Dropout,
  ELU,
  Exp,
  Flatten,
  GELU,
  type GradCheckInput,
  Graph,
  gradCheck,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  Layer,
  LayerNorm,
  LeakyReLU,
  Linear,
  Log,
  LogSigmoid,
  LogSoftmax,
  Loss,
  MaxPool2d,
  Mish,
  MSELoss,
  matmul,
  mul,
  NLLLoss,
  type Node,
  Parameter,
  ReLU,
  ReLU6,
  Residual,
  SELU,
  Sequential,
  type Shape,
  Sigmoid,
  SiLU,
  SmoothL1Loss,
  Softmax,
  Softplus,
  Softsign,
  softmax,
  Tanh,
  Tensor,
  tanh,
} from '../../src/index.ts';
import { cores } from '../support/builds.ts';

type Inputs = GradCheckInput | readonly GradCheckInput[];
type Subject = readonly [subject: Parameters<typeof gradCheck>[0], inputs: Inputs];
type Options = { core: Core; dtype: 'f64' };

/** Random sizes and choices, which fast-check shrinks towards the smallest and the first. */
interface Draw {
  /** A whole number from 1 to `most`. */
  size(most?: number): number;
  pick<T>(...choices: T[]): T;
}

const shapeOf = (draw: Draw): Shape => draw.pick([draw.size(20)], [draw.size(), draw.size(9)], [2, draw.size(3), 3]);
const image = (draw: Draw, C: number, least: number): Shape =>
  draw.pick(
    [C, least + draw.size(5), least + draw.size(4)],
    [draw.size(2), C, least + draw.size(4), least + draw.size(5)],
  );
const elementwise = (make: (options: Options, draw: Draw) => Layer) => (options: Options, draw: Draw) =>
  [make(options, draw), shapeOf(draw)] as const;

const labels = (draw: Draw, shape: Shape, classes: number, { core }: Options): Tensor => {
  const size = shape.reduce((product, n) => product * n, 1);
  const values = Array.from({ length: size }, () => draw.size(classes) - 1);
  return Tensor.from(values, shape, { core, dtype: 'i32' });
};
const positive = (shape: Shape, options: Options, high = 0.9) => Tensor.rand(shape, { ...options, low: 0.1, high });
const reduction = (draw: Draw) => draw.pick<'mean' | 'sum' | 'none'>('mean', 'sum', 'none');
/** Logits [N, C] or [N, C, d], and the shape of their labels. */
const classes = (draw: Draw) => {
  const [N, C, d] = [draw.size(4), 1 + draw.size(5), draw.size(3)];
  return draw.pick({ C, logits: [N, C], targets: [N] }, { C, logits: [N, C, d], targets: [N, d] });
};

/** Every layer and every loss: how to make one of random sizes, and what to feed it. */
const subjects: Record<string, (options: Options, draw: Draw) => Subject> = {
  AdaptiveAvgPool2d: (o, d) => [new AdaptiveAvgPool2d([d.size(4), d.size(3)], o), image(d, d.size(2), 0)],
  AdaptiveMaxPool2d: (o, d) => [new AdaptiveMaxPool2d([d.size(4), d.size(3)], o), image(d, d.size(2), 0)],
  AvgPool2d: (o, d) => {
    const window = { stride: d.size(3), padding: d.pick(0, 1), countIncludePad: d.pick(true, false) };
    return [new AvgPool2d([2, 3], { ...o, ...window, ceilMode: d.pick(false, true) }), image(d, d.size(2), 3)];
  },
  BCELoss: (o, d) => {
    const shape = shapeOf(d);
    return [new BCELoss({ ...o, reduction: reduction(d) }), [positive(shape, o), positive(shape, o)]];
  },
  BCEWithLogitsLoss: (o, d) => {
    const [N, C] = [d.size(4), d.size(5)];
    const posWeight = d.pick(undefined, positive([C], o));
    return [new BCEWithLogitsLoss({ ...o, posWeight, reduction: reduction(d) }), [[N, C], positive([N, C], o)]];
  },
  Conv2d: (o, d) => {
    const [groups, stride, dilation] = [d.pick(1, 2, 3), d.size(3), d.size(2)];
    const kernel: [number, number] = [d.size(3), d.size(2)];
    const options = { ...o, groups, stride, dilation, padding: d.pick(0, 1, 2), bias: d.pick(true, false) };
    const C = groups * d.size(2);
    return [new Conv2d(C, groups * d.size(2), kernel, options), image(d, C, 4)];
  },
  'Conv2d winograd': (o, d) => {
    const groups = d.size(2);
    const C = groups * d.size(3);
    const options = { ...o, groups, padding: [d.size(4) - 1, d.size(4) - 1] as const, algorithm: 'winograd' as const };
    return [new Conv2d(C, groups * d.size(3), 3, options), image(d, C, 3)];
  },
  'Conv2d same': (o, d) => [new Conv2d(2, 3, [d.size(4), d.size(3)], { ...o, padding: 'same' }), image(d, 2, 1)],
  CrossEntropyLoss: (o, d) => {
    const { C, logits, targets } = classes(d);
    const weight = d.pick(undefined, positive([C], o));
    const options = { ...o, weight, labelSmoothing: d.pick(0, 0.1), ignoreIndex: d.pick(-100, 0) };
    const target = labels(d, targets, C, o);
    target.data[0] = C - 1; // so that not all are ignored
    return [new CrossEntropyLoss({ ...options, reduction: reduction(d) }), [logits, target]];
  },
  'CrossEntropyLoss of probabilities': (o, d) => {
    const { logits } = classes(d);
    const options = { ...o, labelSmoothing: d.pick(0, 0.2), reduction: reduction(d) };
    return [new CrossEntropyLoss(options), [logits, positive(logits, o)]];
  },
  Dropout: elementwise((o, d) => new Dropout(d.pick(0.5, 0, 0.2), o)),
  'Dropout eval': elementwise((o) => new Dropout(0.5, o).eval()),
  ELU: elementwise((o, d) => new ELU(d.pick(1, 0.5), o)),
  Exp: elementwise((o) => new Exp(o)),
  Flatten: (o, d) => [new Flatten(d.pick(1, 0), -1, o), [d.size(), d.size(3), d.size(2)]],
  GELU: elementwise((o, d) => new GELU({ ...o, approximate: d.pick('none', 'tanh') })),
  Graph: (o, d) => {
    const [C, M] = [1 + d.size(4), d.size(4)];
    const [first, last] = [new Linear(C, C, o), new Linear(2 * C, d.size(3), o)];
    const scale = Parameter.from([0.5 + d.size(3)], [], o);
    const gates = (x: Node, w: Node) => {
      const y = add(x, mul(scale, tanh(first.apply(x))));
      return last.apply(concat([first.apply(y), matmul(y, softmax(w, 0))], -1));
    };
    return [
      new Graph(gates, o),
      [
        [M, C],
        [C, C],
      ],
    ];
  },
  Hardsigmoid: elementwise((o) => new Hardsigmoid(o)),
  Hardswish: elementwise((o) => new Hardswish(o)),
  Hardtanh: elementwise((o, d) => new Hardtanh(d.pick(-1, -0.1), d.pick(1, 0.1), o)),
  HuberLoss: (o, d) => [new HuberLoss({ ...o, delta: d.pick(1, 0.3), reduction: reduction(d) }), shapeOf(d)],
  KLDivLoss: (o, d) => {
    const shape = shapeOf(d);
    return [
      new KLDivLoss({ ...o, reduction: reduction(d), logTarget: d.pick(false, true) }),
      [shape, positive(shape, o)],
    ];
  },
  L1Loss: (o, d) => [new L1Loss({ ...o, reduction: reduction(d) }), shapeOf(d)],
  LayerNorm: (o, d) => {
    const shape = d.pick([1 + d.size(20)], [d.size(3), 1 + d.size(3)]);
    const options = { ...o, elementwiseAffine: d.pick(true, false), bias: d.pick(true, false) };
    return [new LayerNorm(shape, options), [d.size(3), ...shape]];
  },
  LeakyReLU: elementwise((o, d) => new LeakyReLU(d.pick(0.01, 0.3), o)),
  Linear: (o, d) => {
    const C = d.size(20);
    return [
      new Linear(C, d.size(9), { ...o, bias: d.pick(true, false) }),
      d.pick([d.size(), C], [2, d.size(3), C], [C]),
    ];
  },
  Log: (o, d) => [new Log(o), positive(shapeOf(d), o, 3)],
  LogSigmoid: elementwise((o) => new LogSigmoid(o)),
  LogSoftmax: (o, d) => [new LogSoftmax(d.pick(-1, 0, 1), o), [d.size(), d.size(), d.size(3)]],
  MSELoss: (o, d) => [new MSELoss({ ...o, reduction: reduction(d) }), shapeOf(d)],
  MaxPool2d: (o, d) => {
    const options = {
      ...o,
      stride: d.size(3),
      padding: d.pick(0, 1),
      dilation: d.size(2),
      ceilMode: d.pick(false, true),
    };
    return [new MaxPool2d([2, 3], options), image(d, d.size(2), 4)];
  },
  Mish: elementwise((o) => new Mish(o)),
  NLLLoss: (o, d) => {
    const { C, logits, targets } = classes(d);
    const weight = d.pick(undefined, positive([C], o));
    return [new NLLLoss({ ...o, weight, reduction: reduction(d) }), [logits, labels(d, targets, C, o)]];
  },
  ReLU: elementwise((o) => new ReLU(o)),
  ReLU6: elementwise((o) => new ReLU6(o)),
  Residual: (o, d) => {
    const C = d.size(3);
    const body = new Sequential(new Conv2d(C, 2, 3, { ...o, padding: 1 }), new Tanh(o));
    const shortcut = C === 2 ? undefined : new Conv2d(C, 2, 1, o);
    return [new Residual(body, { shortcut }), [d.size(2), C, 3, 4]];
  },
  SELU: elementwise((o) => new SELU(o)),
  Sequential: (o, d) => {
    const C = 1 + d.size(3);
    const block = new Sequential(new Conv2d(1, C, 3, { ...o, padding: 1 }), new Tanh(o), new AvgPool2d(2, o));
    return [
      new Sequential(block, new Flatten(1, -1, o), new LayerNorm(4 * C, o), new Linear(4 * C, 3, o)),
      [2, 1, 4, 4],
    ];
  },
  SiLU: elementwise((o) => new SiLU(o)),
  Sigmoid: elementwise((o) => new Sigmoid(o)),
  SmoothL1Loss: (o, d) => [new SmoothL1Loss({ ...o, beta: d.pick(1, 0.3), reduction: reduction(d) }), shapeOf(d)],
  Softmax: (o, d) => [new Softmax(d.pick(-1, 0, 1), o), [d.size(), d.size(), d.size(3)]],
  Softplus: elementwise((o, d) => new Softplus(d.pick(1, 2), 20, o)),
  Softsign: elementwise((o) => new Softsign(o)),
  Tanh: elementwise((o) => new Tanh(o)),
};

it('knows every layer and every loss there is', () => {
  const known = Object.keys(subjects).map((name) => name.split(' ')[0]);
  const bases: unknown[] = [Layer, Loss];
  const isSubject = (value: unknown) =>
    typeof value === 'function' && (value.prototype instanceof Layer || value.prototype instanceof Loss);
  const all = Object.entries(simdgrad).filter(([, value]) => isSubject(value) && !bases.includes(value));
  expect(known).toEqual(expect.arrayContaining(all.map(([name]) => name)));
});

for (const core of cores) {
  describe(`${core.simd} f64`, () => {
    it.each(Object.entries(subjects))('%s', (_, make) => {
      const options = { core, dtype: 'f64' } as const;
      fc.assert(
        fc.property(fc.array(fc.nat(), { minLength: 64, maxLength: 64 }), fc.nat(), (numbers, seed) => {
          let taken = 0;
          const next = () => numbers[taken++ % numbers.length];
          const draw: Draw = {
            size: (most = 6) => 1 + (next() % most),
            pick: (...choices) => choices[next() % choices.length],
          };
          core.random.restart(seed);
          const [subject, inputs] = make(options, draw);
          if (subject instanceof LayerNorm) for (const parameter of subject.parameters()) parameter.fillNormal(1, 0.5);
          const { ok, maxRelativeError, worst } = gradCheck(subject, inputs, { seed, tolerance: 1e-8 });
          if (subject instanceof Layer || subject instanceof Loss) subject.dispose();
          if (!ok) throw new Error(`error ${maxRelativeError} in ${JSON.stringify(worst)}`);
        }),
        { numRuns: 20, seed: 1 },
      );
    });
  });
}
