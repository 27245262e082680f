// The weights' gradient without packing. Where a product over pixels packs x̂, it transposes it, tap by tap; here pixels are
// the lanes, and vectors of dy and of x̂ are read where they lie:
//
//   dw[o][t] += Σ_p dy[o][p]·x̂[t̂ + p̂]        rows of a tile: taps; columns: two channels o, or the other way round; lanes added up last
//
// Lanes are added up once for each block of rows of an image.

import { at, lanes } from '../lib/simd';
import { addTiles, placesOf, prepareSums, tapsTogether } from './dot-tile';
import { tableSize } from './im2col';
import { roundUp } from './tile';

/** Pixels of an image for each of its output channels from which on weight gradients gain (measured). */
// @ts-ignore: decorator
@inline
const pixelsPerChannel: i32 = 12;

/** Pixels of a block of rows: few enough that dy and x̂ stay in L1 for all taps. */
// @ts-ignore: decorator
@inline
const blockPixels: i32 = 1024;

/** Whether the gradient of M channels' weights, K each, goes this way: with few pixels, adding up the lanes costs more than packing. */
// @ts-ignore: decorator
@inline
export function sumsDirectly<T>(K: i32, M: i32, OH: i32, OW: i32): bool {
  return sizeof<T>() == 4 && OW >= lanes<T>() && K <= tableSize && OH * OW >= pixelsPerChannel * M;
}

/**
 * dw[o][t] += Σ_p dy[o][p]·x̂[t̂ + p̂] for O channels, whose planes of dy are P elements apart and whose weights ldw, and for `count` taps,
 * over all pixels of an image. `taps` is filled up to whole tiles; sums: room for those of a tile, a vector and the places of the channels.
 */
export function addDots<T>(
  dw: usize, ldw: i32, dy: usize, P: i32, x: usize, taps: usize, sums: usize, OH: i32, OW: i32, rowX: i32, O: i32, count: i32,
): void {
  const R = tapsTogether, block = max(1, blockPixels / OW), channels = placesOf(sums);
  prepareSums<T>(sums, OW);
  for (let o = 0; o < O + R; o++) store<i32>(channels + 4 * o, (min(o, O - 1) * P) << alignof<T>());
  // Taps that do not fill a tile go two at a time with as many channels as it has rows, where that fills more of it.
  const rest = count % R, whole = roundUp(rest, 2) * roundUp(O, R) < R * roundUp(O, 2) ? count - rest : count;
  for (let oh = 0; oh < OH; oh += block) {
    const rows = min(block, OH - oh), d = at<T>(dy, oh * OW), from = at<T>(x, oh * rowX);
    addTiles<T>(dw, 1, ldw, sums, from, taps, whole, rowX, d, channels, O, OW, rows, OW);
    addTiles<T>(at<T>(dw, whole), ldw, 1, sums, d, channels, O, OW, from, taps + 4 * whole, count - whole, rowX, rows, OW);
  }
}
