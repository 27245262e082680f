// What a graph costs: layers in a Graph on the left; on the right, where the table's heading says JavaScript, the same
// layers called directly. Both run the same kernels, so the difference is JavaScript of ours. Above 1.00× the graph is
// the faster way.
//
//   16 layers   64 passes through layers so small that kernels take next to nothing: 1024 layer calls forward, and as
//               many backward. A difference of 1 ms is 1 µs a layer call.
//   the others  forward, loss and backward where kernels have work to do. The sums of the residual net, which are no
//               layers, are loops in JavaScript on the right.

import {
  add,
  Conv2d,
  type Core,
  CrossEntropyLoss,
  Flatten,
  Graph,
  type Layer,
  Linear,
  MaxPool2d,
  type Node,
  ReLU,
  Sequential,
  Tensor,
} from 'simdgrad';
import { ResidualNet } from '../baseline/graph.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

/** What both sides are. They have the layers in common, whose gradients nobody looks at. */
interface Network {
  forward(x: Tensor): Tensor;
  backward(dy: Tensor): Tensor;
}

const through = (layers: readonly Layer[], x: Node) => layers.reduce((y, layer) => layer.apply(y), x);

const cases: BenchCases = function* (core) {
  const { depth, size } = shapes.chain;
  const small: Record<string, () => Layer> = {
    ReLU: () => new ReLU({ core }),
    Linear: () => new Linear(size, size, { core }),
  };
  for (const [name, layer] of Object.entries(small)) {
    const layers = Array.from({ length: depth }, layer);
    const x = Tensor.rand([1, size], { core });
    const graph = new Graph((x) => through(layers, x));
    yield* chain(`${name} 1×${size}`, x, graph, new Sequential(...layers));
  }

  const mlp = [new Linear(784, 128, { core }), new ReLU({ core }), new Linear(128, 10, { core })];
  const pixels = Tensor.rand([1, 784], { core });
  yield trained(core, 'MLP 1×784→128→10', pixels, new Graph((x) => through(mlp, x)), new Sequential(...mlp));

  const convolution = (channels: number) => new Conv2d(channels, 8, 3, { padding: 1, core });
  const stem = [convolution(1), new ReLU({ core })];
  const body = [convolution(8), new ReLU({ core }), convolution(8)];
  const head = [
    new ReLU({ core }),
    new MaxPool2d(2, { core }),
    new Flatten(1, -1, { core }),
    new Linear(392, 10, { core }),
  ];
  const residual = new Graph((x) => {
    const y = through(stem, x);
    return through(head, add(through(body, y), y));
  });
  const byHand = new ResidualNet(new Sequential(...stem), new Sequential(...body), new Sequential(...head));
  yield trained(core, 'residual CNN 8×1×14×14', Tensor.rand([8, 1, 14, 14], { core }), residual, byHand);
};

/** Forward alone, and with backward. */
function chain(shape: string, x: Tensor, graph: Network, direct: Network): BenchCase[] {
  const { depth, passes } = shapes.chain;
  const dy = Tensor.randn([...x.shape], { core: x.core });
  const forward = (network: Network) => {
    for (let pass = 0; pass < passes; pass++) network.forward(x);
  };
  const both = (network: Network) => {
    for (let pass = 0; pass < passes; pass++) {
      network.forward(x);
      network.backward(dy);
    }
  };
  const results = (): ReturnType<BenchCase['results']> => [
    [graph.forward(x).data, direct.forward(x).data],
    [graph.backward(dy).data, direct.backward(dy).data],
  ];
  return Object.entries({ forward, 'forward and backward': both }).map(([name, run]) => ({
    kernel: `graph against direct calls, ${depth} layers, ${name}`,
    shape,
    ours: () => run(graph),
    baseline: () => run(direct),
    results,
    tolerance: 0,
  }));
}

/** Forward, loss and backward. */
function trained(core: Core, shape: string, x: Tensor, graph: Network, direct: Network): BenchCase {
  const digits = Int32Array.from({ length: x.shape[0] }, (_, n) => n % 10);
  const labels = Tensor.from(digits, undefined, { core });
  const step = (network: Network) => {
    const loss = new CrossEntropyLoss({ core });
    return () => {
      const value = loss.forward(network.forward(x), labels);
      return { value, dx: network.backward(loss.backward()) };
    };
  };
  const [ours, baseline] = [step(graph), step(direct)];
  return {
    kernel: 'graph against direct calls, forward, loss and backward',
    shape,
    ours,
    baseline,
    results: () => {
      const [a, b] = [ours(), baseline()];
      return [
        [Float64Array.of(a.value), Float64Array.of(b.value)],
        [a.dx.data, b.dx.data],
      ];
    },
    tolerance: 1e-6,
  };
}

export default cases;
