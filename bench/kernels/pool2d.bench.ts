import { AdaptiveAvgPool2d, AvgPool2d, type Core, type Layer, MaxPool2d, Tensor } from 'simdgrad';
import * as baseline from '../baseline/pool2d.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

/** Forward and backward of one layer on one shape, each against its loop over the same numbers. */
function both(
  core: Core,
  names: [forward: string, backward: string],
  shape: string,
  layer: Layer,
  [planes, H, W]: [number, number, number],
  forward: (out: Float32Array, x: Float32Array) => void,
  backward: (dx: Float32Array, dout: Float32Array) => void,
): BenchCase[] {
  const x = Tensor.randn([planes, H, W], { core });
  const dy = Tensor.randn(layer.forward(x).shape, { core });
  const js = {
    x: x.toArray() as Float32Array,
    dy: dy.toArray() as Float32Array,
    out: new Float32Array(dy.size),
    dx: new Float32Array(x.size),
  };
  const bytes = 4 * (x.size + dy.size);
  const tolerance = 1e-5;
  return [
    {
      kernel: names[0],
      shape,
      bytes,
      ours: () => layer.forward(x),
      baseline: () => forward(js.out, js.x),
      results: () => [[layer.forward(x).data, js.out]],
      tolerance,
    },
    {
      kernel: names[1],
      shape,
      bytes,
      ours: () => layer.backward(dy),
      baseline: () => backward(js.dx, js.dy),
      results: () => [[layer.backward(dy).data, js.dx]],
      tolerance,
    },
  ];
}

const cases: BenchCases = (core) => [
  ...Object.entries(shapes.maxPool2d).flatMap(([shape, pooling]) => {
    const { planes, H, W, K, stride, padding } = pooling;
    const layer = new MaxPool2d(K, { stride, padding, core });
    const argmax = new Int32Array(planes * baseline.outputSize(H, pooling) * baseline.outputSize(W, pooling));
    return both(
      core,
      ['maxPool2dForward', 'maxPool2dBackward'],
      shape,
      layer,
      [planes, H, W],
      (out, x) => baseline.maxPool2dForward(out, argmax, x, pooling),
      (dx, dout) => baseline.maxPool2dBackward(dx, dout, argmax),
    );
  }),
  ...Object.entries(shapes.avgPool2d).flatMap(([shape, pooling]) => {
    const { planes, H, W, K, stride, padding } = pooling;
    return both(
      core,
      ['avgPool2dForward', 'avgPool2dBackward'],
      shape,
      new AvgPool2d(K, { stride, padding, core }),
      [planes, H, W],
      (out, x) => baseline.avgPool2dForward(out, x, pooling),
      (dx, dout) => baseline.avgPool2dBackward(dx, dout, pooling),
    );
  }),
  ...Object.entries(shapes.globalAvgPool2d).flatMap(([shape, { planes, H, W }]) =>
    both(
      core,
      ['adaptiveAvgPool2dForward', 'adaptiveAvgPool2dBackward'],
      shape,
      new AdaptiveAvgPool2d(1, { core }),
      [planes, H, W],
      baseline.globalAvgPool2dForward,
      baseline.globalAvgPool2dBackward,
    ),
  ),
];

export default cases;
