// Convolutions to one, two or three channels. A tile of four or six rows would mostly multiply nothing. Here two rows of four
// vectors stay in registers, and each vector of x̂ that is read serves both: rows that are two channels of the same pixels,
// or, of one channel, the pixels below each other in two rows of the image, which share all taps but the outer ones:
//
//   s[p] = b + Σ_u w[u]·x̂[û + p̂],    t[p] = b' + Σ_u w'[u − d]·x̂[û + p̂]        û the place of (c, u·DH, kw·DW)
//
// with d = 0, w' the other channel's weights and b' its bias; or d = SH/DH, w' = w and b' = b. So some of the u serve s
// only, those from d on both, and the last ones t only. Nothing is multiplied by a zero that is not there: 0·∞ is NaN.
//
// Rows of the image go in pairs from even ones on, whichever of them a thread is asked for: the order of a sum is that of its row.

import { at, lanes, madd } from '../lib/simd';
import { nextVectors, put, Vectors } from './pixels';
import { paddedHeight, paddedWidth, phaseWidth } from './im2col';
import { Conv2dShape } from './shape';

/** Vectors of a row of the tile. */
// @ts-ignore: decorator
@inline
const V: i32 = 4;

/** What two rows of the tile are: how many u serve s, both and t; their places in x̂ (bytes), and behind these the weights, one or two for each. */
@unmanaged
export class Narrow {
  first: i32; both: i32; second: i32;
  /** Rows of the image from t to s, 0 for two channels. */
  below: i32;
  start0: f32; start1: f32;
}
