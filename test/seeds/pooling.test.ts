import { expect, it } from 'vitest';
import { AvgPool2d, MaxPool2d, Tensor } from '../../src/index.ts';
import { maxPool2dForward } from '../../src/kernels/index.ts';
import { forEachBuild } from '../support/builds.ts';
import { expectWorked } from './expect-worked.ts';
import { avgpool, maxpool, overlap } from './worked/pooling.ts';

it('keeps the whole gradient', () => {
  const total = (values: number[]) => values.reduce((a, b) => a + b);
  for (const { dout, dx } of [maxpool, overlap, avgpool.padLeftOut]) expect(total(dx)).toBe(total(dout));
  // Counted padding takes its share: 3/4 of the first window's, half of the second's and third's.
  const [first, second, third, last] = avgpool.padCounted.dout;
  expect(total(avgpool.padCounted.dx)).toBe(first / 4 + second / 2 + third / 2 + last);
});

// Every number has few binary digits, so that f32 is exact too.
forEachBuild((core, dtype) => {
  const image = (values: number[], size: number) => Tensor.from(values, [1, 1, size, size], { core, dtype });

  it.each([
    { title: 'a tie', worked: maxpool, stride: 2 },
    { title: 'overlapping windows', worked: overlap, stride: 1 },
  ])('max pooling: $title', ({ worked, stride }) => {
    const layer = new MaxPool2d(2, { stride, core, dtype });
    const x = image(worked.x.flat(), worked.x.length);
    expectWorked(layer.forward(x), worked.out, 0);
    expectWorked(layer.backward(image(worked.dout, 2)), worked.dx, 0);

    const argmax = Tensor.zeros([1, 1, 2, 2], { core, dtype: 'i32' });
    maxPool2dForward(x, image(worked.dout, 2), argmax, 2, { stride });
    expect([...argmax.data]).toEqual(worked.argmax);
  });

  it.each([
    { title: 'padding counted', worked: avgpool.padCounted, countIncludePad: true },
    { title: 'padding left out', worked: avgpool.padLeftOut, countIncludePad: false },
  ])('average pooling: $title', ({ worked, countIncludePad }) => {
    const layer = new AvgPool2d(2, { stride: 2, padding: 1, countIncludePad, core, dtype });
    expectWorked(layer.forward(image(worked.x.flat(), 3)), worked.out, 0);
    expectWorked(layer.backward(image(worked.dout, 2)), worked.dx, 0);
  });
});
