// A block of lanes × lanes elements, transposed in registers.

import { at } from './simd';

/** dst[k][l] (=|+=) src[l][k] for k, l < lanes. Strides are those between rows, in elements. */
// @ts-ignore: decorator
@inline
export function transposeBlock<T>(
  dst: usize, dstStride: i32, src: usize, srcStride: i32, accumulate: bool = false,
): void {
  const src1 = at<T>(src, srcStride), src2 = at<T>(src, 2 * srcStride), src3 = at<T>(src, 3 * srcStride);
  transposeLanes<T>(dst, dstStride, src, src1, src2, src3, accumulate);
}

/** The same for rows at src0, src1, …, of which f64 has these two only. */
// @ts-ignore: decorator
@inline
export function transposeLanes<T>(
  dst: usize, dstStride: i32, src0: usize, src1: usize, src2: usize, src3: usize, accumulate: bool = false,
): void {
  const s0 = v128.load(src0), s1 = v128.load(src1);
  const dst1 = at<T>(dst, dstStride);
  if (sizeof<T>() == 8) {
    let d0 = v128.shuffle<f64>(s0, s1, 0, 2), d1 = v128.shuffle<f64>(s0, s1, 1, 3);
    if (accumulate) {
      d0 = v128.add<T>(d0, v128.load(dst));
      d1 = v128.add<T>(d1, v128.load(dst1));
    }
    v128.store(dst, d0);
    v128.store(dst1, d1);
  } else {
    const dst2 = at<T>(dst, 2 * dstStride), dst3 = at<T>(dst, 3 * dstStride);
    const s2 = v128.load(src2), s3 = v128.load(src3);
    const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
    let d0 = v128.shuffle<f64>(low01, low23, 0, 2), d1 = v128.shuffle<f64>(low01, low23, 1, 3);
    let d2 = v128.shuffle<f64>(high01, high23, 0, 2), d3 = v128.shuffle<f64>(high01, high23, 1, 3);
    if (accumulate) {
      d0 = v128.add<T>(d0, v128.load(dst));
      d1 = v128.add<T>(d1, v128.load(dst1));
      d2 = v128.add<T>(d2, v128.load(dst2));
      d3 = v128.add<T>(d3, v128.load(dst3));
    }
    v128.store(dst, d0);
    v128.store(dst1, d1);
    v128.store(dst2, d2);
    v128.store(dst3, d3);
  }
}
