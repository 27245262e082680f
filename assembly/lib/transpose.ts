// Transpositions: of a block of lanes × lanes elements in registers, and of a whole plane.

import { at, lanes } from './simd';

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
  const dst1 = at<T>(dst, dstStride), dst2 = at<T>(dst, 2 * dstStride), dst3 = at<T>(dst, 3 * dstStride);
  const s0 = v128.load(src0), s1 = v128.load(src1), s2 = sizeof<T>() == 4 ? v128.load(src2) : s0, s3 = sizeof<T>() == 4 ? v128.load(src3) : s1;
  transposeVectors<T>(dst, dst1, dst2, dst3, s0, s1, s2, s3, accumulate);
}

/** And for vectors, to rows at dst0, dst1, …. */
// @ts-ignore: decorator
@inline
export function transposeVectors<T>(
  dst0: usize, dst1: usize, dst2: usize, dst3: usize, s0: v128, s1: v128, s2: v128, s3: v128, accumulate: bool,
): void {
  if (sizeof<T>() == 8) {
    let d0 = v128.shuffle<f64>(s0, s1, 0, 2), d1 = v128.shuffle<f64>(s0, s1, 1, 3);
    if (accumulate) {
      d0 = v128.add<T>(d0, v128.load(dst0));
      d1 = v128.add<T>(d1, v128.load(dst1));
    }
    v128.store(dst0, d0);
    v128.store(dst1, d1);
  } else {
    const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
    let d0 = v128.shuffle<f64>(low01, low23, 0, 2), d1 = v128.shuffle<f64>(low01, low23, 1, 3);
    let d2 = v128.shuffle<f64>(high01, high23, 0, 2), d3 = v128.shuffle<f64>(high01, high23, 1, 3);
    if (accumulate) {
      d0 = v128.add<T>(d0, v128.load(dst0));
      d1 = v128.add<T>(d1, v128.load(dst1));
      d2 = v128.add<T>(d2, v128.load(dst2));
      d3 = v128.add<T>(d3, v128.load(dst3));
    }
    v128.store(dst0, d0);
    v128.store(dst1, d1);
    v128.store(dst2, d2);
    v128.store(dst3, d3);
  }
}

/**
 * out[r·rowO + c] (=|+=) x[r + c·columnX]: blocks of lanes × lanes, then what is left at both edges. Where the strides
 * are large powers of two, lines of x or of out take each other's place in the cache. So cache lines of x and of out are
 * read and written to their end within a square of two lines each way, and blocks go by two times two (measured).
 */
export function transpose<T>(
  out: usize, x: usize, rows: i32, rowO: i32, columns: i32, columnX: i32, accumulate: bool,
): void {
  const L = lanes<T>(), side = 8 * L, wholeRows = rows & -L, wholeColumns = columns & -L;
  const below = <usize>(rowO * L) << alignof<T>(), beside = <usize>(columnX * L) << alignof<T>();
  for (let r0 = 0; r0 < wholeRows; r0 += side) {
    const r1 = min(r0 + side, wholeRows);
    for (let c0 = 0; c0 < wholeColumns; c0 += side) {
      const c1 = min(c0 + side, wholeColumns);
      for (let r = r0; r < r1; r += 2 * L) {
        const high = r + L < r1;
        for (let c = c0; c < c1; c += 2 * L) {
          const to = at<T>(out, r * rowO + c), from = at<T>(x, r + c * columnX), wide = c + L < c1;
          transposeBlock<T>(to, rowO, from, columnX, accumulate);
          if (wide) transposeBlock<T>(to + 16, rowO, from + beside, columnX, accumulate);
          if (high) transposeBlock<T>(to + below, rowO, from + 16, columnX, accumulate);
          if (wide && high) transposeBlock<T>(to + below + 16, rowO, from + beside + 16, columnX, accumulate);
        }
      }
    }
  }
  const rightO = at<T>(out, wholeColumns), rightX = at<T>(x, wholeColumns * columnX);
  copyElements<T>(rightO, rightX, wholeRows, rowO, 1, columns - wholeColumns, 1, columnX, accumulate);
  const lowestO = at<T>(out, wholeRows * rowO), lowestX = at<T>(x, wholeRows);
  copyElements<T>(lowestO, lowestX, rows - wholeRows, rowO, 1, columns, 1, columnX, accumulate);
}

/** A plane of any strides. */
export function copyElements<T>(
  out: usize, x: usize, rows: i32, rowO: i32, rowX: i32, columns: i32, columnO: i32, columnX: i32, accumulate: bool,
): void {
  const stepO = <usize>columnO << alignof<T>(), stepX = <usize>columnX << alignof<T>();
  for (let r = 0; r < rows; r++) {
    let to = at<T>(out, r * rowO), from = at<T>(x, r * rowX);
    for (let c = 0; c < columns; c++) {
      store<T>(to, accumulate ? load<T>(to) + load<T>(from) : load<T>(from));
      to += stepO;
      from += stepX;
    }
  }
}
