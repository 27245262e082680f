import type { Group, Op, Operand, Plan, Problem, Sizes } from '../problem.ts';
import { Random } from '../random.ts';
import { ofTerms } from '../tolerance.ts';

type WithDirections = { [O in Op]: Sizes[O] extends { backward: boolean } ? O : never }[Op];

/** A function of x, forward alone and forward with backward. */
function bothWays<O extends WithDirections>(
  op: O,
  kernel: string,
  shape: string,
  terms: number,
  sizes: Omit<Sizes[O], 'backward'>,
  operands: (random: Random) => { x: Operand; dout: Operand; [other: string]: Operand },
): Plan[] {
  return [false, true].map((backward) => ({
    kernel: `${kernel}, ${backward ? 'forward and backward' : 'forward'}`,
    shape,
    tolerance: ofTerms(terms),
    problem: () => {
      const { dout, ...others } = operands(new Random(3));
      return { op, sizes: { ...sizes, backward } as Sizes[O], operands: backward ? { ...others, dout } : others };
    },
  }));
}

const sameShape = (shape: readonly number[]) => (random: Random) => ({
  x: random.normal(shape),
  dout: random.normal(shape),
});

const crossEntropy = (N: number, C: number): Plan => ({
  kernel: 'cross-entropy, forward and backward',
  shape: `${N}×${C}`,
  tolerance: ofTerms(N + C),
  problem: () => {
    const random = new Random(3);
    return {
      op: 'crossEntropy',
      sizes: { N, C },
      operands: { logits: random.normal([N, C]), labels: random.labels(N, C) },
    };
  },
});

const step = (op: 'sgd' | 'adam', kernel: string): Plan => ({
  kernel,
  shape: '1 M parameters',
  tolerance: ofTerms(16),
  checkedCalls: 3,
  problem: (): Problem => {
    const random = new Random(3);
    const shape = [1 << 20];
    return { op, sizes: { lr: 1e-3 }, operands: { parameter: random.normal(shape), grad: random.normal(shape) } };
  },
});

const rows = 512;
const C = 768;

export const group: Group = {
  name: 'memory',
  title: 'Kernels limited by memory',
  about:
    'Functions that do little arithmetic for every number they read. Where the name says "forward and backward", one call is both, so that a library whose gradient needs its forward pass is not at a loss.',
  plans: [
    ...bothWays('layerNorm', 'layer norm', '512×768', rows + C, { rows, C }, (random) => ({
      x: random.normal([rows, C]),
      weight: random.uniform([C], 0.5, 1.5),
      bias: random.normal([C]),
      dout: random.normal([rows, C]),
    })),
    ...bothWays('softmax', 'softmax', '3072×256', 256, {}, sameShape([3072, 256])),
    ...bothWays('relu', 'ReLU', '128×3072', 1, {}, sameShape([128, 3072])),
    ...bothWays('gelu', 'GELU', '128×3072', 16, {}, sameShape([128, 3072])),
    ...bothWays('maxPool2d', 'max pool 2×2', '64×112×112', 1, {}, (random) => ({
      x: random.normal([1, 64, 112, 112]),
      dout: random.normal([1, 64, 56, 56]),
    })),
    crossEntropy(64, 1000),
    crossEntropy(64, 10),
    step('sgd', 'SGD step'),
    step('adam', 'Adam step'),
  ],
};
