import { type Core, Tensor } from 'simdgrad';
import { conv2dBackwardBias, conv2dBackwardInput, conv2dBackwardWeight, conv2dForward } from 'simdgrad/kernels';
import * as baseline from '../baseline/conv2d.ts';
import type { BenchCase, BenchCases } from '../case.ts';
import { shapes } from '../shapes.ts';

/** One shape's operands on both sides; every pass reads some and writes others. */
function problem(
  core: Core,
  shape: string,
  { k, ...sizes }: { N: number; C: number; H: number; W: number; O: number; k: number },
) {
  const js = baseline.conv2d({ ...sizes, kh: k, kw: k });
  const { N, C, H, W, O, OH, OW, stride, padding, groups } = js;
  const random = (...size: number[]) => Tensor.randn(size, { core });
  const ours = {
    x: random(N, C, H, W),
    weight: random(O, C / groups, k, k),
    bias: random(O),
    out: random(N, O, OH, OW),
    dout: random(N, O, OH, OW),
    dx: random(N, C, H, W),
    dweight: random(O, C / groups, k, k),
    dbias: random(O),
  };
  const copy = (tensor: Tensor) => new Float32Array(tensor.data);
  const theirs = {
    x: copy(ours.x),
    weight: copy(ours.weight),
    bias: copy(ours.bias),
    out: copy(ours.out),
    dout: copy(ours.dout),
    dx: copy(ours.dx),
    dweight: copy(ours.dweight),
    dbias: copy(ours.dbias),
  };
  const flops = (2 * N * O * OH * OW * C * k * k) / groups;
  return { shape, flops, sizes: js, options: { stride, padding, groups }, ours, theirs };
}

type Problem = ReturnType<typeof problem>;
const passes: ((problem: Problem) => BenchCase)[] = [
  ({ shape, flops, sizes, options, ours, theirs }) => ({
    kernel: 'conv2dForward',
    shape,
    flops,
    ours: () => conv2dForward(ours.x, ours.weight, ours.bias, ours.out, options),
    baseline: () => baseline.conv2dForward(theirs.out, theirs.x, theirs.weight, theirs.bias, sizes),
    results: () => [[ours.out.data, theirs.out]],
    tolerance: 1e-5,
  }),
  ({ shape, flops, sizes, options, ours, theirs }) => ({
    kernel: 'conv2dBackwardInput',
    shape,
    flops,
    ours: () => conv2dBackwardInput(ours.dout, ours.weight, ours.dx, options),
    baseline: () => baseline.conv2dBackwardInput(theirs.dx, theirs.dout, theirs.weight, sizes),
    results: () => [[ours.dx.data, theirs.dx]],
    tolerance: 1e-5,
  }),
  ({ shape, flops, sizes, options, ours, theirs }) => ({
    kernel: 'conv2dBackwardWeight',
    shape,
    flops,
    reset: () => {
      ours.dweight.fill(0);
      theirs.dweight.fill(0);
    },
    ours: () => conv2dBackwardWeight(ours.dout, ours.x, ours.dweight, options),
    baseline: () => baseline.conv2dBackwardWeight(theirs.dweight, theirs.dout, theirs.x, sizes),
    results: () => [[ours.dweight.data, theirs.dweight]],
    tolerance: 1e-5,
  }),
  ({ shape, sizes, ours, theirs }) => ({
    kernel: 'conv2dBackwardBias',
    shape,
    bytes: 4 * ours.dout.size,
    reset: () => {
      ours.dbias.fill(0);
      theirs.dbias.fill(0);
    },
    ours: () => conv2dBackwardBias(ours.dout, ours.dbias),
    baseline: () => baseline.conv2dBackwardBias(theirs.dbias, theirs.dout, sizes),
    results: () => [[ours.dbias.data, theirs.dbias]],
    tolerance: 1e-5,
  }),
];

const cases: BenchCases = (core) => {
  const problems = Object.entries(shapes.conv2d).map(([shape, sizes]) => problem(core, shape, sizes));
  return passes.flatMap((pass) => problems.map(pass));
};

export default cases;
