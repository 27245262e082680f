// Convolutions to one, two or three channels, without packing (direct.ts). A tile of four or six rows would mostly multiply
// nothing. Here two rows of four vectors stay in registers, and each vector of x̂ that is read serves both: two channels of the
// same pixels, or, of one channel, pixels below each other in two rows of the image, which share all taps but the outer ones:
//
//   s[p] = b + Σ_u w[u]·x̂[û + p̂],    t[p] = b' + Σ_u w'[u − d]·x̂[û + p̂]        û the place of (c, u·DH, kw·DW)
//
// For two channels d = 0, and w', b' are the other one's; for two rows d = SH/DH, w' = w and b' = b. So the first u serve s only,
// those from d on both, the last ones t only. No row multiplies by a zero of its own: zero times infinity is NaN.
//
// Rows of the image go in pairs from even ones on, whichever of them a thread is asked for: a sum's order is that of its row.

import { at, lanes, madd } from '../lib/simd';
import { biasAt, put } from './direct';
import { paddedWidth, placeOfTap } from './im2col';
import { Conv2dShape } from './shape';
import { MS } from './tile';

/** What a call adds up. Behind it are the places of the u, as bytes in x̂, then their weights, one or two for each. */
@unmanaged
class Sums {
  /** How many u serve s only, both, and t only. */
  onlyS: i32; both: i32; onlyT: i32;
  /** Whether the rows are two of the image. */
  below: bool;
  b: f64; b1: f64;
}

/** Places that there is room for. */
// @ts-ignore: decorator
@inline
const mostPlaces: i32 = 768;

/** Bytes of Sums and what is behind it. */
// @ts-ignore: decorator
@inline
const sumsBytes: usize = 32 + 12 * mostPlaces;

/** Vectors of a row of the tile. */
// @ts-ignore: decorator
@inline
const V: i32 = 4;

/** Whether a convolution of C to M channels goes two rows at a time. */
export function isNarrow(C: i32, M: i32, KH: i32, KW: i32, SH: i32, DH: i32): bool {
  return M < MS && SH % DH == 0 && C * (KH + min(KH, SH / DH)) * KW <= mostPlaces;
}

/** Whether the last of channels [o0, o0 + M) is an odd one, the last of its group: done by rows below each other, the others beside. */
// @ts-ignore: decorator
@inline
function endsOdd(s: Conv2dShape, o0: i32, M: i32): bool {
  const O = s.O / s.G;
  return O % 2 == 1 && o0 + M == O;
}

/**
 * Writes what to add up for channels [o0, o0 + M) of a group. Weights of a channel lie lineStride elements from w on, a window for each
 * channel of x̂, channelStride elements from one to the next; `turned`, each by 180°. bias: of the first, or null.
 */
export function packNarrow<T>(
  to: usize, s: Conv2dShape, w: usize, bias: usize, o0: i32, M: i32, lineStride: i32, channelStride: i32, turned: bool,
): void {
  const odd = endsOdd(s, o0, M), beside = M - i32(odd), last = at<T>(w, (M - 1) * lineStride), b = biasAt<T>(bias, M - 1);
  if (odd) packSums<T>(to + sumsBytes, s, true, last, last, b, b, channelStride, turned);
  if (!beside) return;
  const second = at<T>(w, (beside - 1) * lineStride);
  packSums<T>(to, s, false, w, second, biasAt<T>(bias, 0), biasAt<T>(bias, beside - 1), channelStride, turned);
}

/** Rows [oh0, oh1) of channels [o0, o0 + M) of out, P elements apart: = what packNarrow wrote, or +=. room: for a tile. */
export function multiplyNarrow<T>(
  out: usize, P: i32, from: usize, x: usize, room: usize, s: Conv2dShape, o0: i32, M: i32, oh0: i32, oh1: i32,
  accumulate: bool,
): void {
  const odd = endsOdd(s, o0, M), beside = M - i32(odd);
  if (beside) addSums<T>(out, P, beside, from, x, room, s, oh0, oh1, accumulate);
  if (odd) addSums<T>(at<T>(out, beside * P), s.OW, 2, from + sumsBytes, x, room, s, oh0, oh1, accumulate);
}

/** Writes what to add up for a channel of weights w and bias b, and for another of w1 and b1; or, `below`, for two rows of the image. */
function packSums<T>(
  to: usize, s: Conv2dShape, below: bool, w: usize, w1: usize, b: T, b1: T, channelStride: i32, turned: bool,
): void {
  const sums = changetype<Sums>(to), d = below ? s.SH / s.DH : 0, window = s.KH * s.KW;
  sums.below = below;
  sums.b = b;
  sums.b1 = b1;
  let place = to + offsetof<Sums>(), weight = place + 4 * mostPlaces;
  for (let part = 0; part < 3; part++) {
    const first = part == 0 ? 0 : part == 1 ? d : max(d, s.KH), stop = part == 0 ? min(d, s.KH) : part == 1 ? s.KH : s.KH + d;
    const start = place;
    for (let c = 0; c < s.C / s.G; c++) {
      for (let u = first; u < stop; u++) {
        for (let kw = 0; kw < s.KW; kw++, place += 4) {
          store<i32>(place, placeOfTap(s, c, u, kw) << alignof<T>());
          for (let row = part >> 1; row <= min(part, 1); row++, weight += sizeof<T>()) {
            const tap = (u - row * d) * s.KW + kw, from = at<T>(row ? w1 : w, c * channelStride);
            store<T>(weight, load<T>(at<T>(from, turned ? window - 1 - tap : tap)));
          }
        }
      }
    }
    store<i32>(to + 4 * part, <i32>(place - start) >> 2);
  }
}

/** Rows [oh0, oh1) of out: (=|+=) s, and, `apart` elements further on, t if there are two `rows`. */
function addSums<T>(
  out: usize, apart: i32, rows: i32, from: usize, x: usize, room: usize, s: Conv2dShape, oh0: i32, oh1: i32,
  accumulate: bool,
): void {
  const sums = changetype<Sums>(from), L = lanes<T>(), OW = s.OW, last = OW - L, step = sums.below ? 2 : 1;
  for (let oh = oh0 & -step; oh < oh1; oh += step) {
    const row = at<T>(x, oh * s.SH * paddedWidth(s)), onlyT = oh + 1 < s.OH ? sums.onlyT : 0;
    const first = oh < oh0 ? 1 : 0, stop = oh + step > oh1 ? 1 : rows;
    for (let ow = 0; ow < OW; ow += V * L) {
      const x0 = at<T>(row, min(ow, last)), x1 = at<T>(row, min(ow + L, last));
      const x2 = at<T>(row, min(ow + 2 * L, last)), x3 = at<T>(row, min(ow + 3 * L, last));
      narrowTile<T>(room, sums, x0, x1, x2, x3, onlyT);
      for (let r = first; r < stop; r++) {
        for (let v = 0; v < V; v++) {
          const wanted = ow + v * L, column = min(wanted, last);
          put<T>(at<T>(out, oh * OW + column + r * apart), room + 16 * (r * V + v), accumulate, wanted - column);
        }
      }
    }
  }
}

/** s and t, for four vectors of pixels: into `room`. */
function narrowTile<T>(room: usize, sums: Sums, x0: usize, x1: usize, x2: usize, x3: usize, onlyT: i32): void {
  let place = changetype<usize>(sums) + offsetof<Sums>(), weight = place + 4 * mostPlaces;
  let s0 = v128.splat<T>(<T>sums.b), s1 = s0, s2 = s0, s3 = s0;
  let t0 = v128.splat<T>(<T>sums.b1), t1 = t0, t2 = t0, t3 = t0;
  for (let n = sums.onlyS; n > 0; n--) {
    const u = <usize>load<i32>(place), w = v128.load_splat<T>(weight);
    s0 = madd<T>(w, v128.load(x0 + u), s0);
    s1 = madd<T>(w, v128.load(x1 + u), s1);
    s2 = madd<T>(w, v128.load(x2 + u), s2);
    s3 = madd<T>(w, v128.load(x3 + u), s3);
    place += 4;
    weight += sizeof<T>();
  }
  for (let n = sums.both; n > 0; n--) {
    const u = <usize>load<i32>(place), w = v128.load_splat<T>(weight), w1 = v128.load_splat<T>(weight, sizeof<T>());
    let v = v128.load(x0 + u);
    s0 = madd<T>(w, v, s0);
    t0 = madd<T>(w1, v, t0);
    v = v128.load(x1 + u);
    s1 = madd<T>(w, v, s1);
    t1 = madd<T>(w1, v, t1);
    v = v128.load(x2 + u);
    s2 = madd<T>(w, v, s2);
    t2 = madd<T>(w1, v, t2);
    v = v128.load(x3 + u);
    s3 = madd<T>(w, v, s3);
    t3 = madd<T>(w1, v, t3);
    place += 4;
    weight += 2 * sizeof<T>();
  }
  for (; onlyT > 0; onlyT--) {
    const u = <usize>load<i32>(place), w = v128.load_splat<T>(weight);
    t0 = madd<T>(w, v128.load(x0 + u), t0);
    t1 = madd<T>(w, v128.load(x1 + u), t1);
    t2 = madd<T>(w, v128.load(x2 + u), t2);
    t3 = madd<T>(w, v128.load(x3 + u), t3);
    place += 4;
    weight += sizeof<T>();
  }
  v128.store(room, s0, 0);
  v128.store(room, s1, 16);
  v128.store(room, s2, 32);
  v128.store(room, s3, 48);
  v128.store(room, t0, 64);
  v128.store(room, t1, 80);
  v128.store(room, t2, 96);
  v128.store(room, t3, 112);
}
