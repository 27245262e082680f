// Convolutions to one, two or three channels, without packing (direct.ts). A tile of four or six rows would mostly multiply
// nothing. Here two rows of six vectors (four in the plain build) stay in registers, and each vector of x̂ that is read serves both: two channels of the
// same pixels, or, of one channel, pixels below each other in two rows of the image, which share all taps but the outer ones:
//
//   s[p] = b + Σ_u w[u]·x̂[û + p̂],    t[p] = b' + Σ_u w'[u − d]·x̂[û + p̂]        û the place of (c, u·DH, kw·DW)
//
// For two channels d = 0, and w', b' are the other one's; for two rows d = SH/DH, w' = w and b' = b. So the first u serve s only,
// those from d on both, the last ones t only. No row multiplies by a zero of its own: zero times infinity is NaN.
//
// Rows of the image go in pairs from even ones on, whichever of them a thread is asked for: a sum's order is that of its row. The
// vectors of a tile may be those of two pairs.

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

/** Vectors of a row of the tile: by build, since a fused multiply-add needs no temporary. */
// @ts-ignore: decorator
@inline
const V: i32 = ASC_FEATURE_RELAXED_SIMD ? 6 : 4;

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
  const sums = changetype<Sums>(from), below = sums.below, L = lanes<T>(), OW = s.OW, last = OW - L, step = below ? 2 : 1;
  const onlyT = s.OH > 1 ? sums.onlyT : 0, rowX = s.SH * paddedWidth(s), places = room + 32 * V, above = below ? max(s.OH - 2, 0) : s.OH;
  // V vectors at a time, of one pair of rows after the other. Where rows are odd the last one makes a pair with the one before.
  for (let oh = oh0 & -step, ow = 0; oh < oh1; ) {
    for (let v = 0, h = oh, w = ow; v < V; v++) {
      store<usize>(places + 4 * v, at<T>(x, min(h, above) * rowX + min(w, last)));
      if (w < last) {
        w += L;
      } else if (h + step < oh1) {
        w = 0;
        h += step;
      }
    }
    narrowTile<T>(room, sums, places, onlyT);
    for (let v = room; v < room + 16 * V && oh < oh1; v += 16) {
      const top = min(oh, above), column = min(ow, last), stop = below ? min(2, oh1 - top) : rows;
      for (let r = max(oh, oh0) - top; r < stop; r++) {
        put<T>(at<T>(out, top * OW + column + r * apart), v + 16 * V * r, accumulate, ow - column);
      }
      ow += L;
      if (ow >= OW) {
        ow = 0;
        oh += step;
      }
    }
  }
}

/** s and t, for V vectors of pixels at `places`: into `room`. */
// @ts-ignore: decorator
@unrolled
function narrowTile<T>(room: usize, sums: Sums, places: usize, onlyT: i32): void {
  let place = changetype<usize>(sums) + offsetof<Sums>(), weight = place + 4 * mostPlaces;
  const x0 = load<usize>(places, 0), x1 = load<usize>(places, 4), x2 = load<usize>(places, 8), x3 = load<usize>(places, 12);
  const x4 = V > 4 ? load<usize>(places, 16) : 0, x5 = V > 4 ? load<usize>(places, 20) : 0;
  let s0 = v128.splat<T>(<T>sums.b), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
  let t0 = v128.splat<T>(<T>sums.b1), t1 = t0, t2 = t0, t3 = t0, t4 = t0, t5 = t0;
  for (let n = sums.onlyS; n > 0; n--) {
    const u = <usize>load<i32>(place), w = v128.load_splat<T>(weight);
    s0 = madd<T>(w, v128.load(x0 + u), s0);
    s1 = madd<T>(w, v128.load(x1 + u), s1);
    s2 = madd<T>(w, v128.load(x2 + u), s2);
    s3 = madd<T>(w, v128.load(x3 + u), s3);
    if (V > 4) {
      s4 = madd<T>(w, v128.load(x4 + u), s4);
      s5 = madd<T>(w, v128.load(x5 + u), s5);
    }
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
    if (V > 4) {
      v = v128.load(x4 + u);
      s4 = madd<T>(w, v, s4);
      t4 = madd<T>(w1, v, t4);
      v = v128.load(x5 + u);
      s5 = madd<T>(w, v, s5);
      t5 = madd<T>(w1, v, t5);
    }
    place += 4;
    weight += 2 * sizeof<T>();
  }
  for (; onlyT > 0; onlyT--) {
    const u = <usize>load<i32>(place), w = v128.load_splat<T>(weight);
    t0 = madd<T>(w, v128.load(x0 + u), t0);
    t1 = madd<T>(w, v128.load(x1 + u), t1);
    t2 = madd<T>(w, v128.load(x2 + u), t2);
    t3 = madd<T>(w, v128.load(x3 + u), t3);
    if (V > 4) {
      t4 = madd<T>(w, v128.load(x4 + u), t4);
      t5 = madd<T>(w, v128.load(x5 + u), t5);
    }
    place += 4;
    weight += sizeof<T>();
  }
  v128.store(room, s0, 16 * (0 + 0 * V));
  v128.store(room, s1, 16 * (1 + 0 * V));
  v128.store(room, s2, 16 * (2 + 0 * V));
  v128.store(room, s3, 16 * (3 + 0 * V));
  v128.store(room, t0, 16 * (0 + 1 * V));
  v128.store(room, t1, 16 * (1 + 1 * V));
  v128.store(room, t2, 16 * (2 + 1 * V));
  v128.store(room, t3, 16 * (3 + 1 * V));
  if (V > 4) {
    v128.store(room, s4, 16 * (4 + 0 * V));
    v128.store(room, s5, 16 * (5 + 0 * V));
    v128.store(room, t4, 16 * (4 + 1 * V));
    v128.store(room, t5, 16 * (5 + 1 * V));
  }
}
