// What a layer call costs beside its kernels: a small network for one row, on the left through `Sequential` or a `Graph`, on
// the right, where the table's heading says JavaScript, as calls of the same kernels on addresses. The difference is
// JavaScript of ours; the column of rates has it by layer call, of which a pass has three forward and three backward.

import { type Core, Graph, Linear, ReLU, Sequential, Tensor, type TypedArray } from 'simdgrad';
import { BareMlp } from '../baseline/bare-mlp.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const layerCalls = 3;

const cases: BenchCases = function* (core) {
  for (const [way, graph] of [
    ['Sequential', false],
    ['Graph', true],
  ] as const) {
    for (const [shape, sizes] of Object.entries(shapes.oneRow)) yield* oneRow(core, way, graph, shape, sizes);
  }
};

/** Forward alone, and with backward. */
function oneRow(
  core: Core,
  way: string,
  isGraph: boolean,
  shape: string,
  { inputs, hidden, outputs, passes }: { inputs: number; hidden: number; outputs: number; passes: number },
): BenchCase[] {
  const first = new Linear(inputs, hidden, { core });
  const second = new Linear(hidden, outputs, { core });
  const relu = new ReLU({ core });
  const net = isGraph
    ? new Graph((x) => second.apply(relu.apply(first.apply(x))))
    : new Sequential(first, relu, second);
  const x = Tensor.rand([1, inputs], { core });
  const dy = Tensor.randn([1, outputs], { core });
  const bare = new BareMlp(core, first, second, x, dy);
  const forward = {
    calls: passes * layerCalls,
    ours: () => {
      for (let pass = 0; pass < passes; pass++) net.forward(x);
    },
    baseline: () => {
      for (let pass = 0; pass < passes; pass++) bare.forward();
    },
  };
  const both = {
    calls: 2 * passes * layerCalls,
    ours: () => {
      for (let pass = 0; pass < passes; pass++) {
        net.forward(x);
        net.backward(dy);
      }
    },
    baseline: () => {
      for (let pass = 0; pass < passes; pass++) {
        bare.forward();
        bare.backward();
      }
    },
  };
  const gradients = (backward: () => void) => {
    net.zeroGrad();
    backward();
    return net.parameters().map(({ grad }) => grad.toArray());
  };
  const results = (): ReturnType<BenchCase['results']> => {
    const out = net.forward(x);
    bare.forward();
    let dx = x;
    const ours = gradients(() => {
      dx = net.backward(dy);
    });
    const theirs = gradients(bare.backward);
    return [
      [out.data, bare.out.data],
      [dx.data, bare.dx.data],
      ...ours.map((gradient, i): [TypedArray, TypedArray] => [gradient, theirs[i]]),
    ];
  };
  return Object.entries({ forward, 'both ways': both }).map(([name, sides]) => ({
    kernel: `${way} against its kernels alone`,
    shape: `${shape} ${name}`,
    ...sides,
    reset: () => net.zeroGrad(),
    results,
    tolerance: 0,
  }));
}

export default cases;
