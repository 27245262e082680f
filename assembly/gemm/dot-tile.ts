// The tile of products whose terms are lanes: both operands are read where they lie, along the sum.
//
//   C[i][j] += Σ_r Σ_w M[i][r][w]·F[j][r][w]        rows of OW terms; `many` i, as many to a tile as a tall one has rows, two of `few` j
//
// The lanes of a sum are added up at the end of it. A row of OW ≥ lanes terms is cut into vectors of which the last one steps back
// to end with the row, and the lanes of it that have been counted are masked, in both: zero times infinity is NaN.

import { at, lanes, madd, sumLanes, tailMask, zero } from '../lib/simd';
import { MR, MS, entry } from './tile';

/** Rows of a tile, taps for instance: as many as a tall tile has, for the same reason. */
// @ts-ignore: decorator
@inline
export const tapsTogether: i32 = MR;

/** Writes the mask of rows of OW terms into the room for a tile's sums. */
// @ts-ignore: decorator
@inline
export function prepareSums<T>(sums: usize, OW: i32): void {
  const L = lanes<T>();
  v128.store(sums, v128.not(tailMask<T>(L - (OW % L))), 192);
}

/** What lies behind sums and mask. */
// @ts-ignore: decorator
@inline
export function placesOf(sums: usize): usize {
  return sums + 208;
}

/** Tiles of `many` times `few` sums: of what lies in rows pitchM apart at places of a table, and in rows pitchF apart at those of another. */
export function addTiles<T>(
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
