// Depthwise convolution: each input channel is a group of its own (C = G), seen by O/G output channels. A product of
// one row would use a sixth of the tile, so this is done directly, a row of pixels at a time:
//
//   forward            y[o][oh][ow]  = b[o] + Σ_kh,kw w[o][kh][kw]·x[c][oh·SH − PH + kh·DH][ow·SW − PW + kw·DW]
//   input gradient     dx[c][ih][iw] = Σ_o Σ_kh,kw w[o][kh][kw]·dy[o][oh][ow]     over the (oh, ow) that read x[ih][iw]
//   weight gradient    dw[o][kh][kw] += Σ_n Σ_oh,ow dy[o][oh][ow]·x[c][…]          x outside the image is 0
//
// With stride 1 the input gradient is a correlation again: of dy, padded by D·(K − 1) − P, with the taps in reverse
// order. So one loop serves both; only their edges and other strides go pixel by pixel.
//
// Arguments and layouts are those of conv2d.ts; `shape` is a Conv2dShape.

import { Conv2dShape } from '../gemm/shape';
import { fill } from '../lib/rows';
import { at, lanes, loadLanes, madd, maskLanes, sumLanes, zero } from '../lib/simd';

/** Output rows [begin, end) of the N·OH: out. bias may be null. */
export function depthwiseForward<T>(
  out: usize, x: usize, weight: usize, bias: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const multiplier = s.O / s.G, taps = s.KH * s.KW;
  for (let line = begin; line < end; line++) {
    const n = line / s.OH, oh = line % s.OH;
    for (let o = 0; o < s.O; o++) {
      const row = at<T>(out, ((n * s.O + o) * s.OH + oh) * s.OW);
      const plane = at<T>(x, (n * s.C + o / multiplier) * s.H * s.W);
      fill<T>(row, bias ? <f64>load<T>(at<T>(bias, o)) : 0, 0, s.OW);
      const w = at<T>(weight, o * taps);
      for (let kh = 0; kh < s.KH; kh++) {
        const ih = oh * s.SH - s.PH + kh * s.DH;
        if (<u32>ih < <u32>s.H) {
          addRow<T>(row, s.OW, at<T>(plane, ih * s.W), s.W, at<T>(w, kh * s.KW), 1, s.KW, s.SW, s.PW, s.DW);
        }
      }
    }
  }
}

/** Images [begin, end): dx, or dx += with `accumulate`. */
export function depthwiseBackwardInput<T>(
  dx: usize, dout: usize, weight: usize, shape: usize, accumulate: i32, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const multiplier = s.O / s.G, taps = s.KH * s.KW, size = s.C * s.H * s.W;
  if (!accumulate) fill<T>(dx, 0, begin * size, end * size);
  for (let no = begin * s.O; no < end * s.O; no++) {
    const n = no / s.O, o = no % s.O;
    const plane = at<T>(dx, (n * s.C + o / multiplier) * s.H * s.W), w = at<T>(weight, o * taps);
    for (let oh = 0; oh < s.OH; oh++) {
      const from = at<T>(dout, (no * s.OH + oh) * s.OW);
      for (let kh = 0; kh < s.KH; kh++) {
        const ih = oh * s.SH - s.PH + kh * s.DH;
        if (<u32>ih >= <u32>s.H) continue;
        const to = at<T>(plane, ih * s.W), tap = at<T>(w, kh * s.KW);
        if (s.SW == 1) {
          addRow<T>(to, s.W, from, s.OW, at<T>(tap, s.KW - 1), -1, s.KW, 1, s.DW * (s.KW - 1) - s.PW, s.DW);
        } else {
          scatterRow<T>(to, s.W, from, s.OW, tap, s.KW, s.SW, s.PW, s.DW);
        }
      }
    }
  }
}

/** Taps [begin, end) of the KH·KW of each output channel: dweight +=. */
export function depthwiseBackwardWeight<T>(
  dweight: usize, dout: usize, x: usize, shape: usize, begin: i32, end: i32,
): void {
  const s = changetype<Conv2dShape>(shape);
  const multiplier = s.O / s.G, taps = s.KH * s.KW;
  for (let o = 0; o < s.O; o++) {
    for (let t = begin; t < end; t++) {
      const kh = t / s.KW, start = (t % s.KW) * s.DW - s.PW;
      const first = start < 0 ? min((-start - 1) / s.SW + 1, s.OW) : 0;
      const last = start >= s.W ? 0 : min((s.W - 1 - start) / s.SW + 1, s.OW);
      let total: T = 0;
      for (let n = 0; n < s.N; n++) {
        const plane = at<T>(x, (n * s.C + o / multiplier) * s.H * s.W);
        for (let oh = 0; oh < s.OH; oh++) {
          const ih = oh * s.SH - s.PH + kh * s.DH;
          if (<u32>ih >= <u32>s.H || first >= last) continue;
          const dy = at<T>(dout, ((n * s.O + o) * s.OH + oh) * s.OW + first);
          total += dot<T>(dy, at<T>(plane, ih * s.W + first * s.SW + start), s.SW, last - first);
        }
      }
      const to = at<T>(dweight, o * taps + t);
      store<T>(to, load<T>(to) + total);
    }
  }
}

/** to[i] += Σ_k w[k·step]·x[i·stride − pad + k·dilation] for i < count, x being 0 outside [0, size). */
function addRow<T>(
  to: usize, count: i32, x: usize, size: i32,
  w: usize, step: i32, K: i32, stride: i32, pad: i32, dilation: i32,
): void {
  // Where every tap lies inside: whole vectors, if neighbours in `to` read neighbours in x.
  const inside = stride == 1 ? max(0, min(count, size + pad - dilation * (K - 1))) : 0;
  let i = min(max(pad, 0), count);
  edge<T>(to, 0, i, x, size, w, step, K, stride, pad, dilation);
  for (; i <= inside - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    let a = v128.load(at<T>(to, i)), b = v128.load(at<T>(to, i + lanes<T>()));
    let from = at<T>(x, i - pad), tap = w;
    for (let k = 0; k < K; k++) {
      const wk = v128.load_splat<T>(tap);
      a = madd<T>(wk, v128.load(from), a);
      b = madd<T>(wk, v128.load(from, 16), b);
      from = at<T>(from, dilation);
      tap = at<T>(tap, step);
    }
    v128.store(at<T>(to, i), a);
    v128.store(at<T>(to, i + lanes<T>()), b);
  }
  edge<T>(to, i, count, x, size, w, step, K, stride, pad, dilation);
}

/** The same for i in [begin, end), pixel by pixel. */
function edge<T>(
  to: usize, begin: i32, end: i32, x: usize, size: i32,
  w: usize, step: i32, K: i32, stride: i32, pad: i32, dilation: i32,
): void {
  for (let i = begin; i < end; i++) {
    let sum: T = load<T>(at<T>(to, i));
    for (let k = 0; k < K; k++) {
      const place = i * stride - pad + k * dilation;
      if (<u32>place < <u32>size) sum += load<T>(at<T>(w, k * step)) * load<T>(at<T>(x, place));
    }
    store<T>(at<T>(to, i), sum);
  }
}

/** dx[i·stride − pad + k·dilation] += w[k]·dy[i]: the adjoint of addRow. */
function scatterRow<T>(
  dx: usize, size: i32, dy: usize, count: i32, w: usize, K: i32, stride: i32, pad: i32, dilation: i32,
): void {
  for (let i = 0; i < count; i++) {
    const d = load<T>(at<T>(dy, i));
    for (let k = 0; k < K; k++) {
      const place = i * stride - pad + k * dilation;
      if (<u32>place >= <u32>size) continue;
      const to = at<T>(dx, place);
      store<T>(to, load<T>(to) + load<T>(at<T>(w, k)) * d);
    }
  }
}

/** Σ a[i]·b[i·stride]. */
function dot<T>(a: usize, b: usize, stride: i32, count: i32): T {
  if (stride != 1) {
    let sum: T = 0;
    for (let i = 0; i < count; i++) sum += load<T>(at<T>(a, i)) * load<T>(at<T>(b, i * stride));
    return sum;
  }
  let s = zero(), t = zero();
  let i = 0;
  for (; i <= count - 2 * lanes<T>(); i += 2 * lanes<T>()) {
    s = madd<T>(v128.load(at<T>(a, i)), v128.load(at<T>(b, i)), s);
    t = madd<T>(v128.load(at<T>(a, i), 16), v128.load(at<T>(b, i), 16), t);
  }
  for (; i < count; i += lanes<T>()) {
    const left = count - i;
    s = v128.add<T>(s, maskLanes<T>(v128.mul<T>(loadLanes<T>(at<T>(a, i), left), loadLanes<T>(at<T>(b, i), left)), left));
  }
  return sumLanes<T>(v128.add<T>(s, t));
}
