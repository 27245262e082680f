import { AvgPool2d, add, Conv2d, div, MaxPool2d, mul, type Node, pad, type Tensor } from '../../src/index.ts';
import { convTranspose2d } from '../formulas/convolution.ts';
import { type Attrs, compute, flag, type Op, type Options, of, skip } from './case.ts';

type Pair = [vertical: number, horizontal: number];

/** How a window goes over an image. */
interface Window {
  kernel: Pair;
  stride: Pair;
  dilation: Pair;
  /** Places around the image. */
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** A row as an image of height 1. */
const asImages = (x: Tensor): Tensor => (x.shape.length === 3 ? x.reshape([x.shape[0], x.shape[1], 1, x.shape[2]]) : x);
const asRows = (y: Tensor, x: Tensor): Tensor =>
  x.shape.length === 3 ? y.reshape([y.shape[0], y.shape[1], y.shape[3]]) : y;

/** An attribute of two numbers, or of one where the images are rows. */
function pair(attrs: Attrs, name: string, fallback: number): Pair {
  const given = of(attrs, name, [fallback, fallback]);
  return given.length === 1 ? [fallback, given[0]] : (given as Pair);
}

function windowOf(attrs: Attrs, x: Tensor, kernelShape: readonly number[] = [1, 1]): Window {
  if (x.shape.length > 4) skip('three-dimensional');
  const kernel = 'kernel_shape' in attrs ? pair(attrs, 'kernel_shape', 1) : (kernelShape as Pair);
  const [stride, dilation] = [pair(attrs, 'strides', 1), pair(attrs, 'dilations', 1)];
  const autoPad = of<string>(attrs, 'auto_pad', 'NOTSET');
  const sizes = asImages(x).shape.slice(2);
  const given = of(attrs, 'pads', [0, 0, 0, 0]);
  const [before, behind] = [0, 1].map((side) =>
    sizes.map((size, i) => {
      if (!autoPad.startsWith('SAME')) return given.length === 2 ? i * given[side] : given[2 * side + i];
      const places = Math.ceil(size / stride[i]);
      const total = Math.max(0, (places - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 - size);
      return Math.floor((total + Number((side === 1) === autoPad.endsWith('UPPER'))) / 2);
    }),
  );
  return { kernel, stride, dilation, top: before[0], left: before[1], bottom: behind[0], right: behind[1] };
}

/** A pooling layer's padding: the same on both sides, and at most half the kernel. */
const fitsPool = ({ kernel, top, left, bottom, right }: Window): boolean =>
  top === bottom && left === right && top <= kernel[0] / 2 && left <= kernel[1] / 2;

const paddingOf = ({ top, left }: Window): Pair => [top, left];
const padded = (x: Node, { top, left, bottom, right }: Window, value: number): Node =>
  pad(x, [left, right, top, bottom], value);

/** y of a layer, or of a graph that it stands in, over images. */
const overImages = (o: Options, x: Tensor, build: (x: Node) => Node): Tensor =>
  asRows(compute(o, [asImages(x)], build)[0], x);

export const windowOps: Record<string, Op> = {
  AveragePool: (o, attrs, x) => {
    const window = windowOf(attrs, x);
    const { kernel, stride, dilation } = window;
    if (dilation.some((step) => step > 1)) skip('dilated average');
    const countIncludePad = flag(attrs, 'count_include_pad');
    const options = { ...o, stride, ceilMode: flag(attrs, 'ceil_mode'), countIncludePad };
    if (fitsPool(window)) {
      const layer = new AvgPool2d(kernel, { ...options, padding: paddingOf(window) });
      return overImages(o, x, (images) => layer.apply(images));
    }
    // Over a border of zeros; what does not count it is divided by the share of places that are not border.
    const layer = new AvgPool2d(kernel, options);
    const average = (images: Node) => layer.apply(padded(images, window, 0));
    return overImages(o, x, (images) =>
      countIncludePad ? average(images) : div(average(images), average(add(mul(images, 0), 1))),
    );
  },

  MaxPool: (o, attrs, x) => {
    const window = windowOf(attrs, x);
    const { kernel, stride, dilation } = window;
    const options = { ...o, stride, dilation, ceilMode: flag(attrs, 'ceil_mode') };
    if (fitsPool(window)) {
      const layer = new MaxPool2d(kernel, { ...options, padding: paddingOf(window) });
      return overImages(o, x, (images) => layer.apply(images));
    }
    const layer = new MaxPool2d(kernel, options);
    return overImages(o, x, (images) => layer.apply(padded(images, window, -Infinity)));
  },

  Conv: (o, attrs, x, w, b) => {
    const [O, I, ...kernelShape] = asImages(w).shape;
    const window = windowOf(attrs, x, kernelShape);
    const { kernel, stride, dilation, top, left, bottom, right } = window;
    const groups = of(attrs, 'group', 1);
    const symmetric = top === bottom && left === right;
    const padding = symmetric ? paddingOf(window) : 0;
    const options = { ...o, stride, dilation, groups, padding, bias: b !== undefined };
    const layer = new Conv2d(I * groups, O, kernel, options);
    layer.weight.set(w.data);
    if (b) layer.bias?.set(b.data);
    return overImages(o, x, (images) => layer.apply(symmetric ? images : padded(images, window, 0)));
  },

  ConvTranspose: (o, attrs, x, w, b) => {
    const window = windowOf({ ...attrs, auto_pad: 'NOTSET' }, x);
    const { stride, dilation, top, left, bottom, right } = window;
    const [kernel, sizes] = [w, x].map((tensor) => asImages(tensor).shape.slice(2));
    const more = pair(attrs, 'output_padding', 0);
    const whole = sizes.map((size, i) => (size - 1) * stride[i] + dilation[i] * (kernel[i] - 1) + 1 + more[i]) as Pair;
    const options = { stride, dilation, groups: of(attrs, 'group', 1) };
    const autoPad = of<string>(attrs, 'auto_pad', 'NOTSET');
    const same = autoPad.startsWith('SAME') ? sizes.map((size, i) => size * stride[i]) : undefined;
    const asked = of<number[] | undefined>(attrs, 'output_shape', same) as Pair | undefined;
    // What is too much goes half and half, the odd place at the end for SAME_UPPER, else at the beginning.
    const cut = (i: number) => {
      const total = asked ? whole[i] - asked[i] : 0;
      return autoPad === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
    };
    const size: Pair = asked ?? [whole[0] - top - bottom, whole[1] - left - right];
    const padding: Pair = asked ? [cut(0), cut(1)] : [top, left];
    const images = [asImages(x), asImages(w), b?.reshape([-1, 1, 1])];
    const [y] = compute(o, images, (nodeX, nodeW, nodeB) => {
      const convolved = convTranspose2d(nodeX, nodeW, { ...options, size, padding });
      return nodeB ? add(convolved, nodeB) : convolved;
    });
    return asRows(y, x);
  },
};
