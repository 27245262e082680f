import { Tensor } from 'simdgrad';
import { col2im, im2col } from 'simdgrad/kernels';
import { conv2d } from '../baseline/conv2d.ts';
import * as baseline from '../baseline/im2col.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

const cases: BenchCases = (core) => {
  const problems = (['ResNet 64→64 3×3 56×56', 'ResNet 3→64 7×7/2 224×224'] as const).map((shape) => {
    const { k, ...sizes } = shapes.conv2d[shape];
    const windows = conv2d({ ...sizes, kh: k, kw: k });
    const { C, H, W, OH, OW, stride, padding } = windows;
    const x = Tensor.randn([C, H, W], { core });
    const dx = Tensor.zeros([C, H, W], { core });
    const columns = Tensor.randn([C * k * k, OH * OW], { core });
    const js = {
      x: new Float32Array(x.data),
      dx: new Float32Array(dx.size),
      columns: new Float32Array(columns.data),
    };
    const bytes = 4 * (x.size + columns.size);
    return { shape, windows, options: { kernelSize: k, stride, padding }, bytes, x, dx, columns, js };
  });
  return [
    ...problems.map(
      ({ shape, windows, options, bytes, x, columns, js }): BenchCase => ({
        kernel: 'im2col',
        shape,
        bytes,
        ours: () => im2col(x, columns, options),
        baseline: () => baseline.im2col(js.columns, js.x, windows),
        results: () => [[columns.data, js.columns]],
        tolerance: 0,
      }),
    ),
    ...problems.map(
      ({ shape, windows, options, bytes, dx, columns, js }): BenchCase => ({
        kernel: 'col2im',
        shape,
        bytes,
        ours: () => col2im(columns, dx, options),
        baseline: () => baseline.col2im(js.dx, js.columns, windows),
        results: () => [[dx.data, js.dx]],
        tolerance: 1e-6,
      }),
    ),
  ];
};

export default cases;
