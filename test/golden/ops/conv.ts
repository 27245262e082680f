import { add, Conv2d, Graph, reshape } from '../../../src/index.ts';
import { convTranspose2d } from '../../formulas/convolution.ts';
import type { Mapping } from '../context.ts';

type Pair = [vertical: number, horizontal: number];

export const conv: Record<string, Mapping> = {
  conv2d: (c) => {
    const [O, perGroup, ...kernel] = c.values('w').shape;
    const layer = new Conv2d(perGroup * c.attr('groups', 1), O, kernel as [number, number], {
      ...c.options,
      ...c.given('stride', 'padding', 'dilation', 'groups'),
      bias: c.has('b'),
    });
    return c.layer(layer, c.tensor('x'), { w: layer.weight, b: layer.bias });
  },

  // Conv2d over images of one row.
  conv1d: (c) => {
    const [O, perGroup, kernel] = c.values('w').shape;
    const groups = c.attr('groups', 1);
    const layer = new Conv2d(perGroup * groups, O, [1, kernel], {
      ...c.options,
      stride: [1, c.attr('stride', 1)],
      padding: [0, c.attr('padding', 0)],
      dilation: [1, c.attr('dilation', 1)],
      groups,
      bias: c.has('b'),
    });
    const overRows = new Graph(
      (x) => {
        const [N, C, L] = x.shape;
        return reshape(layer.apply(reshape(x, [N, C, 1, L])), [N, O, -1]);
      },
      { names: { layer } },
    );
    return c.layer(overRows, c.tensor('x'), { w: layer.weight, b: layer.bias });
  },

  conv_transpose2d: (c) => {
    const [stride, dilation] = [c.attr<Pair>('stride', [1, 1]), c.attr<Pair>('dilation', [1, 1])];
    const [padding, more] = [c.attr<Pair>('padding', [0, 0]), c.attr<Pair>('output_padding', [0, 0])];
    const [sizes, kernel] = ['x', 'w'].map((name) => c.values(name).shape.slice(2));
    const size = sizes.map(
      (places, i) => (places - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + more[i] + 1,
    ) as Pair;
    const options = { stride, dilation, padding, size, groups: c.attr('groups', 1) };
    return c.graph(({ x, w, b }) => {
      const y = convTranspose2d(x, w, options);
      return { y: b ? add(y, reshape(b, [-1, 1, 1])) : y };
    });
  },
};
