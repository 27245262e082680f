import type { Conv2d, Group, Op, Plan, Problem } from '../problem.ts';
import { Random } from '../random.ts';
import { ofTerms } from '../tolerance.ts';

/** Small ones first: a peer whose speed they show to be hopeless is spared the large ones. */
const shapes: Record<string, Conv2d> = {
  'digits 32× 1→6 5×5 28×28': { N: 32, C: 1, H: 28, W: 28, O: 6, k: 5, stride: 1, padding: 2, groups: 1 },
  'depthwise 32 3×3 112×112': { N: 1, C: 32, H: 112, W: 112, O: 32, k: 3, stride: 1, padding: 1, groups: 32 },
  '64→128 1×1 56×56': { N: 1, C: 64, H: 56, W: 56, O: 128, k: 1, stride: 1, padding: 0, groups: 1 },
  'CIFAR 32× 3→32 3×3 32×32': { N: 32, C: 3, H: 32, W: 32, O: 32, k: 3, stride: 1, padding: 1, groups: 1 },
  'stem 3→64 7×7/2 224×224': { N: 1, C: 3, H: 224, W: 224, O: 64, k: 7, stride: 2, padding: 3, groups: 1 },
  '64→64 3×3 56×56': { N: 1, C: 64, H: 56, W: 56, O: 64, k: 3, stride: 1, padding: 1, groups: 1 },
  '8× 32→64 3×3 28×28': { N: 8, C: 32, H: 28, W: 28, O: 64, k: 3, stride: 1, padding: 1, groups: 1 },
};

type Pass = Extract<Op, `conv2d${string}`>;

/** A pass, the operands that it reads, and how many terms an element of its result has. */
const passes: { op: Pass; kernel: string; reads: readonly string[]; terms(sizes: Conv2d): number }[] = [
  {
    op: 'conv2dForward',
    kernel: 'forward',
    reads: ['x', 'weight'],
    terms: ({ C, k, groups }) => (C * k * k) / groups,
  },
  {
    op: 'conv2dBackwardInput',
    kernel: 'input gradient',
    reads: ['dout', 'weight'],
    terms: ({ O, k, groups }) => (O * k * k) / groups,
  },
  {
    op: 'conv2dBackwardWeight',
    kernel: 'weight gradient',
    reads: ['dout', 'x'],
    terms: (sizes) => sizes.N * outputSize(sizes.H, sizes) * outputSize(sizes.W, sizes),
  },
];

const outputSize = (size: number, { k, stride, padding }: Conv2d) => Math.floor((size + 2 * padding - k) / stride) + 1;

function problem(op: Pass, sizes: Conv2d, reads: readonly string[]): Problem<Pass> {
  const { N, C, H, W, O, k, groups } = sizes;
  const random = new Random(2);
  const operands = {
    x: random.normal([N, C, H, W]),
    weight: random.normal([O, C / groups, k, k]),
    dout: random.normal([N, O, outputSize(H, sizes), outputSize(W, sizes)]),
  };
  return { op, sizes, operands: Object.fromEntries(Object.entries(operands).filter(([name]) => reads.includes(name))) };
}

const plans = passes.flatMap(({ op, kernel, reads, terms }) =>
  Object.entries(shapes).map(([shape, sizes]): Plan => {
    const { N, C, H, W, O, k, groups } = sizes;
    const flops = (2 * N * O * outputSize(H, sizes) * outputSize(W, sizes) * C * k * k) / groups;
    return { kernel, shape, flops, tolerance: ofTerms(terms(sizes)), problem: () => problem(op, sizes, reads) };
  }),
);

export const group: Group = {
  name: 'convolution',
  title: 'Convolutions',
  about:
    'Convolutions in two dimensions without bias, in three passes: forward, the gradient of the input, the gradient of the weights.',
  plans,
};
