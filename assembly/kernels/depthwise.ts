// Depthwise convolution: each input channel is a group of its own (C = G), seen by O/G output channels. A product of
// one row would use a sixth of the tile, so this is done directly:
//
//   forward            y[o][oh][ow]  = b[o] + Σ_kh,kw w[o][kh][kw]·x[c][oh·SH − PH + kh·DH][ow·SW − PW + kw·DW]
//   input gradient     dx[c][ih][iw] = Σ_o Σ_kh,kw w[o][kh][kw]·dy[o][oh][ow]     over the (oh, ow) that read x[ih][iw]
//   weight gradient    dw[o][kh][kw] += Σ_n Σ_oh,ow dy[o][oh][ow]·x[c][…]          x outside the image is 0
//
// A band of rows of the padded image is copied to the workspace, split by phases: place (h, w) goes to plane
// (h mod SH, w mod SW), row ⌊h/SH⌋, column ⌊w/SW⌋. There neighbours in y read neighbours in one plane, whatever the
// stride; and as the rows of y are kept as far apart as those of the planes (`pitch`), a band of y is one long row:
//
//   y[i] = b + Σ_t w[t]·z[i + offset(t)],     offset(kh, kw) = that of place (kh·DH, kw·DW)
//   dw[t] += Σ dy[i]·z[i + offset(t)]         over the i that are pixels
//   dz[i + offset(t)] += w[t]·dy[i]           so that dz, plane by plane, is such a correlation of dy, with the taps
//                                             that meet the plane and offsets counted backwards
//
// with no edges and no tails. What lies between one row and the next comes out meaningless, and is left out when the
// band is copied to where it belongs. Windows of 3 × 3 with stride and dilation 1 write y, and dx, where they belong (lib/window3x3.ts).
//
// Arguments and layouts are those of conv2d.ts; `shape` is a Conv2dShape with depthwiseWorkspace bytes in all.

import { roundUp } from '../gemm/tile';
import { Conv2dShape, channelProducts, planeProducts, rowProducts } from '../gemm/shape';
import { firstInside } from '../lib/axis';
import { columnInPhases, gatherRow, scatterRow, unzipRow, zipRow } from '../lib/columns';
import { addRow, copyRow, fill } from '../lib/rows';
import { at, lanes, loadLanes, madd, sumLanes, tailMask, zero } from '../lib/simd';
import { correlate3x3 } from '../lib/window3x3';

/** How a call works in bands; it lies behind the shape, and is followed by taps, planes of z and what comes of them. */
@unmanaged
class Bands {
  /** Elements from one row to the next. */
  pitch: i32;
  /** Rows and columns that the window of taps spans in a plane, but for the first. */
  below: i32; beside: i32;
  /** Rows of a band, and elements of a plane: these and `below`. */
  rows: i32; plane: i32;
  /** A Tap for each of the window's, sorted by plane; behind the last of each of SH·SW planes, in bytes (i32). */
  taps: usize; ends: usize;
  /** z, and the results. */
  z: usize; y: usize;
}

@unmanaged
class Tap {
  /** Bytes from i to where z is read, and from the window's first weight. */
  z: i32; w: i32;
}

/** Elements of a band's planes, z and results: 16 KB of L1 (measured). */
const budget = 4096;

/** Vectors of a band that go through the taps together: by build, since a fused multiply-add needs no temporary. */
const unroll: i32 = ASC_FEATURE_RELAXED_SIMD ? 8 : 6;

// @ts-ignore: decorator
@inline
function pitchOf(s: Conv2dShape): i32 {
  return max(s.OW, (s.PW + s.W - 1) / s.SW + 1) + ((s.KW - 1) * s.DW) / s.SW;
}

/** Bytes of the shape at `shape` and the workspace behind it. */
export function depthwiseWorkspace<T extends f32>(shape: usize): i32 {
  const s = changetype<Conv2dShape>(shape);
  const planes = s.SH * s.SW + 1, least = (1 + ((s.KH - 1) * s.DH) / s.SH) * pitchOf(s);
  const elements = max(budget, planes * least) + planes * unroll * lanes<T>();
  const tables = offsetof<Bands>() + 4 * planes + offsetof<Tap>() * s.KH * s.KW + 64;
  return <i32>at<T>(offsetof<Conv2dShape>() + tables, elements);
}

/** Lays out the workspace for bands of at most `rows` rows, and clears z. */
function layOut<T>(s: Conv2dShape, rows: i32, planes: i32, results: i32): Bands {
  const b = changetype<Bands>(changetype<usize>(s) + offsetof<Conv2dShape>());
  b.pitch = pitchOf(s);
  b.below = ((s.KH - 1) * s.DH) / s.SH;
  b.beside = ((s.KW - 1) * s.DW) / s.SW;
  b.rows = min(rows, max(1, budget / ((s.SH * s.SW + 1) * b.pitch) - b.below));
  b.plane = (b.rows + b.below) * b.pitch;
  b.ends = changetype<usize>(b) + offsetof<Bands>();
  b.taps = b.ends + 4 * s.SH * s.SW;
  b.z = (b.taps + offsetof<Tap>() * s.KH * s.KW + 63) & ~63;
  b.y = at<T>(b.z, planes * b.plane);
  fill<T>(b.z, 0, 0, planes * b.plane);
  return b;
}

/** Writes the taps of the window: for y from z, or with `back` for dz from dy. */
function writeTaps<T>(s: Conv2dShape, b: Bands, back: bool): void {
  let to = b.taps;
  for (let q = 0; q < s.SH * s.SW; q++) {
    for (let t = 0; t < s.KH * s.KW; t++) {
      const h = (t / s.KW) * s.DH, w = (t % s.KW) * s.DW;
      if ((h % s.SH) * s.SW + (w % s.SW) != q) continue;
      const offset = (h / s.SH) * b.pitch + w / s.SW, last = b.below * b.pitch + b.beside;
      const tap = changetype<Tap>(to);
      tap.z = (back ? last - offset : q * b.plane + offset) << alignof<T>();
      tap.w = t << alignof<T>();
      to += offsetof<Tap>();
    }
    store<i32>(b.ends + 4 * q, <i32>(to - b.taps));
  }
}

/** Whether lib/window3x3.ts has the window, given rows of a vector and more. */
function is3x3(s: Conv2dShape): bool {
  return s.KH == 3 && s.KW == 3 && (s.SH | s.SW | s.DH | s.DW) == 1;
}

/** Output rows [begin, end) of the N·OH: out. bias may be null. */
// @ts-ignore: decorator
@parallel(0.15 * rowProducts(shape))
export function depthwiseForward<T extends f32>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const multiplier = s.O / s.G, taps = s.KH * s.KW;
  const b = layOut<T>(s, min(s.OH, end - begin), s.SH * s.SW, 1), square = is3x3(s) && s.OW >= lanes<T>();
  writeTaps<T>(s, b, false);
  for (let line = begin; line < end; ) {
    const n = line / s.OH, stop = min(end, (n + 1) * s.OH) - n * s.OH;
    for (let c = 0; c < s.C; c++) {
      for (let oh = line - n * s.OH; oh < stop; oh += b.rows) {
        const rows = min(b.rows, stop - oh);
        splitImage<T>(b, at<T>(x, (n * s.C + c) * s.H * s.W), s, oh, rows);
        for (let o = c * multiplier; o < (c + 1) * multiplier; o++) {
          const start: T = bias ? load<T>(at<T>(bias, o)) : 0, last = b.taps + offsetof<Tap>() * taps;
          const y = at<T>(out, ((n * s.O + o) * s.OH + oh) * s.OW);
          if (square) {
            correlate3x3<T>(y, s.OW, b.z, b.pitch, at<T>(weight, o * taps), start, rows);
            continue;
          }
          correlate<T>(b.y, b.z, at<T>(weight, o * taps), b.taps, last, start, false, rows * b.pitch);
          for (let r = 0; r < rows; r++) copyRow<T>(at<T>(y, r * s.OW), at<T>(b.y, r * b.pitch), s.OW);
        }
      }
    }
    line = n * s.OH + stop;
  }
}

/** Planes [begin, end) of the N·C: dx, or dx += with `accumulate`. */
// @ts-ignore: decorator
@parallel(0.15 * planeProducts(shape))
export function depthwiseBackwardInput<T extends f32>(
  dx: usize, dout: usize, weight: usize, shape: usize, accumulate: i32, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const multiplier = s.O / s.G, taps = s.KH * s.KW, planes = s.SH * s.SW;
  const square = is3x3(s) && s.W >= lanes<T>() && multiplier == 1 && !accumulate;
  const top = s.PH / s.SH, stop = (s.PH + s.H - 1) / s.SH + 1;
  const b = layOut<T>(s, stop - top, 1, planes);
  writeTaps<T>(s, b, true);
  for (let nc = begin; nc < end; nc++) {
    const n = nc / s.C, c = nc % s.C;
    for (let row = top; row < stop; row += b.rows) {
      const rows = min(b.rows, stop - row), size = roundUp(rows * b.pitch, unroll * lanes<T>());
      for (let o = c * multiplier; o < (c + 1) * multiplier; o++) {
        const dy = at<T>(dout, (n * s.O + o) * s.P);
        toPlane<T>(b.z, dy, s.OH, s.OW, row - b.below, -b.beside, 1, 1, rows + b.below, b.pitch);
        if (square) {
          const to = at<T>(dx, (nc * s.H + row - s.PH) * s.W);
          for (let t = 0; t < 9; t++) store<T>(at<T>(b.y, t), load<T>(at<T>(weight, o * 9 + 8 - t)));
          correlate3x3<T>(to, s.W, at<T>(b.z, s.PW), b.pitch, b.y, 0, rows);
          continue;
        }
        let from = b.taps;
        for (let q = 0; q < planes; q++) {
          const to = b.taps + load<i32>(b.ends + 4 * q);
          correlate<T>(at<T>(b.y, q * size), b.z, at<T>(weight, o * taps), from, to, 0, o > c * multiplier, size);
          from = to;
        }
      }
      if (square) continue;
      const image = at<T>(dx, nc * s.H * s.W);
      for (let q = 0; q < planes; q += s.SW == 2 ? 2 : 1) {
        const h = row * s.SH + q / s.SW - s.PH, w = q % s.SW - s.PW, z = at<T>(b.y, q * size);
        if (s.SW == 2) fromPair<T>(image, z, size, s, h, rows, b.pitch, accumulate != 0);
        else fromPlane<T>(image, z, s.H, s.W, h, w, s.SH, s.SW, rows, b.pitch, accumulate);
      }
    }
  }
}

/** Channels [begin, end) of x: dweight += of the output channels that see them. */
// @ts-ignore: decorator
@parallel(0.15 * channelProducts(shape))
export function depthwiseBackwardWeight<T extends f32>(
  dweight: usize, dout: usize, x: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const multiplier = s.O / s.G, taps = s.KH * s.KW;
  const b = layOut<T>(s, s.OH, s.SH * s.SW, 0);
  writeTaps<T>(s, b, false);
  for (let i = 0; i < s.N * (end - begin); i++) {
    const n = i / (end - begin), c = begin + i % (end - begin);
    for (let oh = 0; oh < s.OH; oh += b.rows) {
      const rows = min(b.rows, s.OH - oh);
      splitImage<T>(b, at<T>(x, (n * s.C + c) * s.H * s.W), s, oh, rows);
      for (let o = c * multiplier; o < (c + 1) * multiplier; o++) {
        const dy = at<T>(dout, ((n * s.O + o) * s.OH + oh) * s.OW);
        const to = at<T>(dweight, o * taps);
        for (let t = 0; t < taps; t += 3) addDots<T>(to, dy, b, t, min(3, taps - t), rows, s.OW);
      }
    }
  }
}

/** The planes of z for output rows [oh, oh + rows) of the image x. */
function splitImage<T>(b: Bands, x: usize, s: Conv2dShape, oh: i32, rows: i32): void {
  for (let q = 0; q < s.SH * s.SW; q += s.SW == 2 ? 2 : 1) {
    const h = oh * s.SH - s.PH + q / s.SW, w = q % s.SW - s.PW, z = at<T>(b.z, q * b.plane);
    if (s.SW == 2) toPair<T>(z, b.plane, x, s, h, rows + b.below, b.pitch);
    else toPlane<T>(z, x, s.H, s.W, h, w, s.SH, s.SW, rows + b.below, b.pitch);
  }
}

/**
 * z[r][c] = x[h + r·strideH][w + c·strideW], 0 outside of the image. Columns outside are left as they are: they lie at the same
 * places in every row of a call, and layOut has cleared them.
 */
function toPlane<T>(
  z: usize, x: usize, H: i32, W: i32, h: i32, w: i32, strideH: i32, strideW: i32, rows: i32, pitch: i32,
): void {
  const first = firstInside(-w, strideW, pitch), count = placesInside(W, w, strideW, pitch) - first;
  const from = at<T>(x, w + first * strideW);
  for (let r = 0; r < rows; r++) {
    const to = at<T>(z, r * pitch), ih = h + r * strideH;
    if (<u32>ih >= <u32>H || count <= 0) fill<T>(to, 0, 0, pitch);
    else if (strideW == 1) copyRow<T>(at<T>(to, first), at<T>(from, ih * W), count);
    else gatherRow<T>(at<T>(to, first), at<T>(from, ih * W), count, strideW);
  }
}

/** x[h + r·strideH][w + c·strideW] (=|+=) z[r][c] inside of the image. */
function fromPlane<T>(
  x: usize, z: usize, H: i32, W: i32, h: i32, w: i32, strideH: i32, strideW: i32, rows: i32, pitch: i32, accumulate: i32,
): void {
  const first = firstInside(-w, strideW, pitch), count = placesInside(W, w, strideW, pitch) - first;
  for (let r = 0; r < rows; r++) {
    const from = at<T>(z, r * pitch + first), ih = h + r * strideH;
    if (<u32>ih >= <u32>H || count <= 0) continue;
    const to = at<T>(x, ih * W + w + first * strideW);
    if (accumulate) addRow<T>(to, from, count, strideW);
    else if (strideW == 1) copyRow<T>(to, from, count);
    else scatterRow<T>(to, from, count, strideW);
  }
}

/** toPlane for both phases of columns two apart, `apart` elements from one's plane to the other's. */
function toPair<T>(z: usize, apart: i32, x: usize, s: Conv2dShape, h: i32, rows: i32, pitch: i32): void {
  let z0 = columnInPhases<T>(z, apart, s.PW), z1 = columnInPhases<T>(z, apart, s.PW + 1);
  for (let r = 0; r < rows; r++, h += s.SH, z0 = at<T>(z0, pitch), z1 = at<T>(z1, pitch)) {
    if (<u32>h < <u32>s.H) {
      unzipRow<T>(z0, z1, at<T>(x, h * s.W), s.W);
    } else {
      fill<T>(at<T>(z, r * pitch), 0, 0, pitch);
      fill<T>(at<T>(z, apart + r * pitch), 0, 0, pitch);
    }
  }
}

/** fromPlane for both. */
function fromPair<T>(x: usize, z: usize, apart: i32, s: Conv2dShape, h: i32, rows: i32, pitch: i32, accumulate: bool): void {
  let z0 = columnInPhases<T>(z, apart, s.PW), z1 = columnInPhases<T>(z, apart, s.PW + 1);
  for (; rows > 0; rows--, h += s.SH, z0 = at<T>(z0, pitch), z1 = at<T>(z1, pitch)) {
    if (<u32>h < <u32>s.H) zipRow<T>(at<T>(x, h * s.W), z0, z1, s.W, accumulate);
  }
}

/** One more than the last of `count` places w + c·stride that lies before `size`. */
// @ts-ignore: decorator
@inline
function placesInside(size: i32, w: i32, stride: i32, count: i32): i32 {
  return w >= size ? 0 : min(count, (size - 1 - w) / stride + 1);
}

/** y[i] = (start|y[i]) + Σ w·z[i + …] over the taps from `first` to `last`, for i < count, and as far beyond as a turn goes. */
function correlate<T>(
  y: usize, z: usize, w: usize, first: usize, last: usize, start: T, accumulate: bool, count: i32,
): void {
  const starts = v128.splat<T>(start);
  for (; count > 0; count -= unroll * lanes<T>()) {
    let s0 = starts, s1 = starts, s2 = starts, s3 = starts, s4 = starts, s5 = starts, s6 = starts, s7 = starts;
    if (accumulate) {
      s0 = v128.load(y, 0), s1 = v128.load(y, 16), s2 = v128.load(y, 32), s3 = v128.load(y, 48);
      s4 = v128.load(y, 64), s5 = v128.load(y, 80);
      if (unroll > 6) s6 = v128.load(y, 96), s7 = v128.load(y, 112);
    }
    for (let tap = first; tap < last; tap += offsetof<Tap>()) {
      const from = z + changetype<Tap>(tap).z, wt = v128.load_splat<T>(w + changetype<Tap>(tap).w);
      s0 = madd<T>(wt, v128.load(from, 0), s0);
      s1 = madd<T>(wt, v128.load(from, 16), s1);
      s2 = madd<T>(wt, v128.load(from, 32), s2);
      s3 = madd<T>(wt, v128.load(from, 48), s3);
      s4 = madd<T>(wt, v128.load(from, 64), s4);
      s5 = madd<T>(wt, v128.load(from, 80), s5);
      if (unroll > 6) {
        s6 = madd<T>(wt, v128.load(from, 96), s6);
        s7 = madd<T>(wt, v128.load(from, 112), s7);
      }
    }
    v128.store(y, s0, 0);
    v128.store(y, s1, 16);
    v128.store(y, s2, 32);
    v128.store(y, s3, 48);
    v128.store(y, s4, 64);
    v128.store(y, s5, 80);
    if (unroll > 6) {
      v128.store(y, s6, 96);
      v128.store(y, s7, 112);
    }
    y += 16 * unroll;
    z += 16 * unroll;
  }
}

/**
 * dw += Σ dy[r][i]·z[r·pitch + i + …] over `rows` rows of i < OW, for 1 to 3 taps from the t-th of the table on. The
 * sum of a tap does not depend on those beside it.
 */
function addDots<T>(dw: usize, dy: usize, b: Bands, t: i32, count: i32, rows: i32, OW: i32): void {
  const tap0 = changetype<Tap>(b.taps + offsetof<Tap>() * t);
  const tap1 = changetype<Tap>(b.taps + offsetof<Tap>() * (t + min(1, count - 1)));
  const tap2 = changetype<Tap>(b.taps + offsetof<Tap>() * (t + count - 1));
  let z0 = b.z + tap0.z, z1 = b.z + tap1.z, z2 = b.z + tap2.z;
  // The last vector of a row steps back, and the lanes that have been counted are masked; where a row has fewer
  // elements than lanes, those beyond are.
  const rest = OW % lanes<T>(), whole = OW - rest, last = max(0, OW - lanes<T>());
  const mask = last ? v128.not(tailMask<T>(lanes<T>() - rest)) : tailMask<T>(rest);
  let s0 = zero(), s1 = zero(), s2 = zero(), t0 = zero(), t1 = zero(), t2 = zero();
  for (; rows > 0; rows--) {
    let i = 0;
    for (; i < whole - lanes<T>(); i += 2 * lanes<T>()) {
      const d = v128.load(at<T>(dy, i)), e = v128.load(at<T>(dy, i), 16);
      s0 = madd<T>(d, v128.load(at<T>(z0, i)), s0);
      s1 = madd<T>(d, v128.load(at<T>(z1, i)), s1);
      s2 = madd<T>(d, v128.load(at<T>(z2, i)), s2);
      t0 = madd<T>(e, v128.load(at<T>(z0, i), 16), t0);
      t1 = madd<T>(e, v128.load(at<T>(z1, i), 16), t1);
      t2 = madd<T>(e, v128.load(at<T>(z2, i), 16), t2);
    }
    if (i < whole) {
      const d = v128.load(at<T>(dy, i));
      s0 = madd<T>(d, v128.load(at<T>(z0, i)), s0);
      s1 = madd<T>(d, v128.load(at<T>(z1, i)), s1);
      s2 = madd<T>(d, v128.load(at<T>(z2, i)), s2);
    }
    if (rest) {
      const d = loadLanes<T>(at<T>(dy, last), OW);
      t0 = v128.add<T>(t0, v128.and(v128.mul<T>(d, v128.load(at<T>(z0, last))), mask));
      t1 = v128.add<T>(t1, v128.and(v128.mul<T>(d, v128.load(at<T>(z1, last))), mask));
      t2 = v128.add<T>(t2, v128.and(v128.mul<T>(d, v128.load(at<T>(z2, last))), mask));
    }
    dy = at<T>(dy, OW);
    z0 = at<T>(z0, b.pitch);
    z1 = at<T>(z1, b.pitch);
    z2 = at<T>(z2, b.pitch);
  }
  addTo<T>(dw + tap0.w, sumLanes<T>(v128.add<T>(s0, t0)));
  if (count > 1) addTo<T>(dw + tap1.w, sumLanes<T>(v128.add<T>(s1, t1)));
  if (count > 2) addTo<T>(dw + tap2.w, sumLanes<T>(v128.add<T>(s2, t2)));
}

// @ts-ignore: decorator
@inline
function addTo<T>(to: usize, value: T): void {
  store<T>(to, load<T>(to) + value);
}
