// Where the windows of a pooling lie along one axis of the image: stride, pad, and K places `dilation` apart.

import { lanes } from './simd';

/** The first window of an axis that starts in the input: ⌈pad / stride⌉, at most `count`; 0 for a negative pad. */
// @ts-ignore: decorator
@inline
export function firstInside(pad: i32, stride: i32, count: i32): i32 {
  return pad <= 0 ? 0 : min((pad - 1) / stride + 1, count);
}

/** One more than the last window that ends in the input; `lo` where that leaves fewer windows than a vector holds. */
// @ts-ignore: decorator
@inline
export function endInside<T>(lo: i32, size: i32, span: i32, stride: i32, pad: i32): i32 {
  const room = size + pad - span;
  const hi = room < 0 ? 0 : room / stride + 1;
  return hi - lo < lanes<T>() ? lo : hi;
}

/** The first place in the input of a window that starts at `start`. */
// @ts-ignore: decorator
@inline
export function firstPlace(start: i32, dilation: i32): i32 {
  return start >= 0 ? start : start + ((-start - 1) / dilation + 1) * dilation;
}

/** How many places lie before `end`, of those `dilation` apart from `place` on. */
// @ts-ignore: decorator
@inline
export function placesBefore(end: i32, place: i32, dilation: i32): i32 {
  return end <= place ? 0 : (end - place - 1) / dilation + 1;
}

/** How many places of an axis an average counts: those in the input, or those in the padded input. */
// @ts-ignore: decorator
@inline
export function counted(start: i32, K: i32, size: i32, pad: i32, includePad: i32): i32 {
  return includePad ? min(start + K, size + pad) - start : min(start + K, size) - max(start, 0);
}

/** Whether windows are 2×2 places beside each other that all lie in the input. */
export function areQuads(
  H: i32, W: i32, OH: i32, OW: i32, KH: i32, KW: i32, strideH: i32, strideW: i32, padH: i32, padW: i32,
): bool {
  return (KH & KW & strideH & strideW) == 2 && (KH | KW | strideH | strideW) == 2
    && (padH | padW) == 0 && 2 * OH <= H && 2 * OW <= W;
}

/** ⌊o·size/count⌋. */
// @ts-ignore: decorator
@inline
export function adaptiveStart(o: i32, size: i32, count: i32): i32 {
  return <i32>((<i64>o * <i64>size) / <i64>count);
}

/** ⌈(o + 1)·size/count⌉. */
// @ts-ignore: decorator
@inline
export function adaptiveEnd(o: i32, size: i32, count: i32): i32 {
  return <i32>(((<i64>o + 1) * <i64>size + <i64>count - 1) / <i64>count);
}
