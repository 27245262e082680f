// im2col and col2im as kernels of their own, for all images and groups: the matrix that gemm/im2col.ts defines and
// that the convolutions never store.
//
//   columns[n][t][p] = col_n[t][p]        t over the C·KH·KW taps of all channels, p over the OH·OW output pixels
//   dx = Σ of the columns at the places that im2col read each pixel from
//
// A call takes `shape`: a Conv2dShape with the workspace of a convolution behind it. Behind its tables stands one plane of x̂.

import {
  addPlanes, behindTables, clearPlanes, copyPixels, isPadded, padPlanes, scatterPixels, tapOffsets, tapTable,
} from '../gemm/im2col';
import { Conv2dShape, planeSamples } from '../gemm/shape';
import { entry } from '../gemm/tile';
import { fill } from '../lib/rows';
import { at } from '../lib/simd';

/** Planes [begin, end) of N·C: columns[n][(c, kh, kw)][p]. x: [N][C][H][W]. */
// @ts-ignore: decorator
@parallel(0.5 * planeSamples(shape))
export function im2col<T>(columns: usize, x: usize, shape: usize, begin: i32, end: i32): void {
  const s = changetype<Conv2dShape>(shape), taps = s.KH * s.KW, P = s.P;
  const tap = tapTable(shape);
  clearPlanes<T>(behindTables(shape), s, 1);
  for (let plane = begin; plane < end; plane++) {
    const image = padPlanes<T>(behindTables(shape), at<T>(x, plane * s.H * s.W), s, 1);
    for (let t = 0; t < taps; t++) {
      tapOffsets<T>(tap, s, 0, t, 1, 1);
      copyPixels<T>(at<T>(columns, (plane * taps + t) * P), image + entry(tap, 0), s, 0, P);
    }
  }
}

/** Planes [begin, end) of N·C: dx[n][c] = Σ of its columns. dx is overwritten. */
// @ts-ignore: decorator
@parallel(0.5 * planeSamples(shape))
export function col2im<T>(dx: usize, columns: usize, shape: usize, begin: i32, end: i32): void {
  const s = changetype<Conv2dShape>(shape), taps = s.KH * s.KW, P = s.P, padded = isPadded(s);
  const tap = tapTable(shape);
  for (let plane = begin; plane < end; plane++) {
    const image = at<T>(dx, plane * s.H * s.W), sum = padded ? behindTables(shape) : image;
    fill<T>(image, 0, 0, s.H * s.W);
    if (padded) clearPlanes<T>(sum, s, 1);
    for (let t = 0; t < taps; t++) {
      tapOffsets<T>(tap, s, 0, t, 1, 1);
      scatterPixels<T>(sum + entry(tap, 0), at<T>(columns, (plane * taps + t) * P), s, 0, P);
    }
    if (padded) addPlanes<T>(image, sum, s, 1);
  }
}
