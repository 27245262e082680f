// The weights' gradient without packing. Where a product over pixels packs x̂, it transposes it, tap by tap; here pixels are
// the lanes, and vectors of dy and of x̂ are read where they lie:
//
//   dw[o][t] += Σ_p dy[o][p]·x̂[t̂ + p̂]        rows of a tile: taps; columns: two channels o, or the other way round; lanes added up last
//
// Lanes are added up once for each block of rows of an image. A row of OW ≥ lanes pixels is cut into vectors of which the
// last one steps back to end with the row, and the lanes of it that have been counted are masked, in both: zero times infinity is NaN.

import { at, lanes, madd, sumLanes, tailMask, zero } from '../lib/simd';
import { roundUp } from './gemm';
import { entry, tableSize } from './im2col';
import { MR, MS } from './tile';

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

/** Taps of a tile of sums: as many rows as a tall tile has, for the same reason. */
// @ts-ignore: decorator
@inline
export const tapsTogether: i32 = MR;

/**
 * dw[o][t] += Σ_p dy[o][p]·x̂[t̂ + p̂] for O channels, whose planes of dy are P elements apart and whose weights ldw, and for `count` taps,
 * over all pixels of an image. `taps` is filled up to whole tiles; sums: room for those of a tile, a vector and the places of the channels.
 */
export function addDots<T>(
  dw: usize, ldw: i32, dy: usize, P: i32, x: usize, taps: usize, sums: usize, OH: i32, OW: i32, rowX: i32, O: i32, count: i32,
): void {
  const L = lanes<T>(), R = tapsTogether, block = max(1, blockPixels / OW), channels = sums + 208;
  v128.store(sums, v128.not(tailMask<T>(L - (OW % L))), 192);
  for (let o = 0; o < O + R; o++) store<i32>(channels + 4 * o, (min(o, O - 1) * P) << alignof<T>());
  // Taps that do not fill a tile go two at a time with as many channels as it has rows, where that fills more of it.
  const rest = count % R, whole = roundUp(rest, 2) * roundUp(O, R) < R * roundUp(O, 2) ? count - rest : count;
  for (let oh = 0; oh < OH; oh += block) {
    const rows = min(block, OH - oh), d = at<T>(dy, oh * OW), from = at<T>(x, oh * rowX);
    addTiles<T>(dw, 1, ldw, sums, from, taps, whole, rowX, d, channels, O, OW, rows, OW);
    addTiles<T>(at<T>(dw, whole), ldw, 1, sums, d, channels, O, OW, from, taps + 4 * whole, count - whole, rowX, rows, OW);
  }
}

/** Tiles of `many` times `few` sums: of what lies in rows pitchM apart at places of a table, and in rows pitchF apart at those of another. */
function addTiles<T>(
  dw: usize, strideM: i32, strideF: i32, sums: usize, m: usize, placesM: usize, many: i32, pitchM: i32,
  f: usize, placesF: usize, few: i32, pitchF: i32, rows: i32, OW: i32,
): void {
  for (let j = 0; j < few; j += 2) {
    const here = min(2, few - j), f0 = f + entry(placesF, j), f1 = f + entry(placesF, j + here - 1);
    for (let i = 0; i < many; i += tapsTogether) {
      dotTile<T>(sums, f0, f1, m, placesM + 4 * i, rows, OW, pitchF, pitchM);
      for (let h = 0; h < here; h++) {
        for (let k = 0, stop = min(tapsTogether, many - i); k < stop; k++) {
          const to = at<T>(dw, (j + h) * strideF + (i + k) * strideM);
          store<T>(to, <T>(load<T>(to) + sumLanes<T>(v128.load(sums + 32 * k + 16 * h))));
        }
      }
    }
  }
}

/** Lane by lane, the sums of a tile over rows of OW pixels: two for each place, with what is at d0 and at d1. */
function dotTile<T>(
  sums: usize, d0: usize, d1: usize, x: usize, taps: usize, rows: i32, OW: i32, rowD: i32, rowX: i32,
): void {
  let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero();
  let c30 = zero(), c31 = zero(), c40 = zero(), c41 = zero(), c50 = zero(), c51 = zero();
  let x0 = x + entry(taps, 0), x1 = x + entry(taps, 1), x2 = x + entry(taps, 2), x3 = x + entry(taps, 3);
  let x4 = MR > MS ? x + entry(taps, 4) : 0, x5 = MR > MS ? x + entry(taps, 5) : 0;
  const rest = OW % lanes<T>(), whole = OW / lanes<T>(), back: usize = (lanes<T>() - rest) << alignof<T>();
  const skip: usize = (rowX - OW) << alignof<T>(), tail: usize = rest << alignof<T>();
  const skipD: usize = (rowD - OW) << alignof<T>();
  do {
    let left = whole;
    do {
      const u = v128.load(d0), v = v128.load(d1);
      let z = v128.load(x0);
      c00 = madd<T>(u, z, c00);
      c01 = madd<T>(v, z, c01);
      z = v128.load(x1);
      c10 = madd<T>(u, z, c10);
      c11 = madd<T>(v, z, c11);
      z = v128.load(x2);
      c20 = madd<T>(u, z, c20);
      c21 = madd<T>(v, z, c21);
      z = v128.load(x3);
      c30 = madd<T>(u, z, c30);
      c31 = madd<T>(v, z, c31);
      if (MR > MS) {
        z = v128.load(x4);
        c40 = madd<T>(u, z, c40);
        c41 = madd<T>(v, z, c41);
        z = v128.load(x5);
        c50 = madd<T>(u, z, c50);
        c51 = madd<T>(v, z, c51);
        x4 += 16;
        x5 += 16;
      }
      d0 += 16;
      d1 += 16;
      x0 += 16;
      x1 += 16;
      x2 += 16;
      x3 += 16;
    } while (--left);
    if (rest) {
      const u = v128.and(v128.load(d0 - back), v128.load(sums, 192)), v = v128.and(v128.load(d1 - back), v128.load(sums, 192));
      let z = v128.and(v128.load(x0 - back), v128.load(sums, 192));
      c00 = madd<T>(u, z, c00);
      c01 = madd<T>(v, z, c01);
      z = v128.and(v128.load(x1 - back), v128.load(sums, 192));
      c10 = madd<T>(u, z, c10);
      c11 = madd<T>(v, z, c11);
      z = v128.and(v128.load(x2 - back), v128.load(sums, 192));
      c20 = madd<T>(u, z, c20);
      c21 = madd<T>(v, z, c21);
      z = v128.and(v128.load(x3 - back), v128.load(sums, 192));
      c30 = madd<T>(u, z, c30);
      c31 = madd<T>(v, z, c31);
      if (MR > MS) {
        z = v128.and(v128.load(x4 - back), v128.load(sums, 192));
        c40 = madd<T>(u, z, c40);
        c41 = madd<T>(v, z, c41);
        z = v128.and(v128.load(x5 - back), v128.load(sums, 192));
        c50 = madd<T>(u, z, c50);
        c51 = madd<T>(v, z, c51);
      }
      d0 += tail;
      d1 += tail;
    }
    d0 += skipD;
    d1 += skipD;
    const step = skip + tail;
    x0 += step;
    x1 += step;
    x2 += step;
    x3 += step;
    if (MR > MS) {
      x4 += step;
      x5 += step;
    }
  } while (--rows);
  v128.store(sums, c00, 0);
  v128.store(sums, c01, 16);
  v128.store(sums, c10, 32);
  v128.store(sums, c11, 48);
  v128.store(sums, c20, 64);
  v128.store(sums, c21, 80);
  v128.store(sums, c30, 96);
  v128.store(sums, c31, 112);
  if (MR > MS) {
    v128.store(sums, c40, 128);
    v128.store(sums, c41, 144);
    v128.store(sums, c50, 160);
    v128.store(sums, c51, 176);
  }
}
