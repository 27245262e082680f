// The transforms of Winograd's convolution F(4×4, 3×3): Lavin and Gray (2016), "Fast algorithms for convolutional
// neural networks". kernels/winograd.ts has what they are for.
//
// Along one axis, m outputs of a window of three, y_i = Σ_k g_k·d_(i+k), are m + 2 products instead of 3·m:
//
//   y = Aᵀ·[(G·g) ∘ (Bᵀ·d)]
//
// This is the Toom–Cook algorithm for the product of polynomials, transposed: G and A evaluate polynomials with three
// and m coefficients at m + 2 points, Bᵀ is the transpose of the interpolation. With finite points p and ∞,
// N_p = Π_(q≠p) (p − q) over the finite points q:
//
//   G   (1, p, p²)/N_p                      ∞: (0, 0, 1)
//   A   (1, p, …, p^(m−1))                  ∞: (0, …, 0, 1)
//   Bᵀ  coefficients of Π_(q≠p) (x − q)     ∞: of Π_q (x − q)
//
// m = 4, with the points 0, ±a, ±b, ∞. Since a·b = 1, N_0 = 1 and outputs 0 and 3 err alike; a = ⅔ gives the smallest errors, half
// of those of ±1 and ±2 (measured). Rows for p and −p differ in the sign of odd powers, so they share an even and an odd part.
//
// On a square one transform acts down the columns, the other along the rows: M·X·Mᵀ. A value here is a vector: `lanes` tiles,
// channels or columns at once.

import { madd, nmadd, zero } from '../lib/simd';

/** Rows, and columns, of a tile of outputs, and of the patch of inputs that it reads. */
// @ts-ignore: decorator
@inline
export const TILE: i32 = 4;
// @ts-ignore: decorator
@inline
export const PATCH: i32 = 6;

/** Products for a tile. */
// @ts-ignore: decorator
@inline
export const POINTS: usize = 36;

// The points ±a and ±b, and N of both.
// @ts-ignore: decorator
@inline
const a: f64 = 2.0 / 3;
// @ts-ignore: decorator
@inline
const b: f64 = 1.5;
// @ts-ignore: decorator
@inline
const NA: f64 = 2 * a * a * (a * a - b * b);
// @ts-ignore: decorator
@inline
const NB: f64 = 2 * b * b * (b * b - a * a);

// @ts-ignore: decorator
@inline
function splat<T>(value: f64): v128 {
  return v128.splat<T>(<T>value);
}

// Each class is one matrix: `line` multiplies it with as many vectors as `values` says and stores `results` of them,
// `to` bytes apart.

/** Bᵀ: the input, 6 → 6. */
@unmanaged
export class InputTransform {
  @inline values(): i32 { return PATCH; }
  @inline results(): i32 { return PATCH; }

  @inline line<T>(out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128): void {
    const a2 = splat<T>(a * a), b2 = splat<T>(b * b), both = splat<T>(a * a + b * b);
    v128.store(out, v128.add<T>(nmadd<T>(both, v2, v0), v4));
    pair<T>(out + to, to, nmadd<T>(b2, v2, v4), nmadd<T>(b2, v1, v3), a);
    pair<T>(out + 3 * to, to, nmadd<T>(a2, v2, v4), nmadd<T>(a2, v1, v3), b);
    v128.store(out + 5 * to, v128.add<T>(nmadd<T>(both, v3, v1), v5));
  }
}

/** G: the weights, 3 → 6. */
@unmanaged
export class WeightTransform {
  @inline values(): i32 { return 3; }
  @inline results(): i32 { return PATCH; }

  @inline line<T>(out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128): void {
    const na = splat<T>(1 / NA), nb = splat<T>(1 / NB);
    v128.store(out, v0);
    pair<T>(out + to, to, v128.mul<T>(na, madd<T>(splat<T>(a * a), v2, v0)), v128.mul<T>(na, v1), a);
    pair<T>(out + 3 * to, to, v128.mul<T>(nb, madd<T>(splat<T>(b * b), v2, v0)), v128.mul<T>(nb, v1), b);
    v128.store(out + 5 * to, v2);
  }
}

/** Aᵀ: products to outputs, 6 → 4. */
@unmanaged
export class OutputTransform {
  @inline values(): i32 { return PATCH; }
  @inline results(): i32 { return TILE; }

  @inline line<T>(out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128): void {
    v128.store(out + 0 * to, this.result<T>(0, v0, v1, v2, v3, v4, v5));
    v128.store(out + 1 * to, this.result<T>(1, v0, v1, v2, v3, v4, v5));
    v128.store(out + 2 * to, this.result<T>(2, v0, v1, v2, v3, v4, v5));
    v128.store(out + 3 * to, this.result<T>(3, v0, v1, v2, v3, v4, v5));
  }

  /** One of them. */
  @inline result<T>(i: i32, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128): v128 {
    const even1 = v128.add<T>(v1, v2), even2 = v128.add<T>(v3, v4);
    const odd1 = v128.sub<T>(v1, v2), odd2 = v128.sub<T>(v3, v4);
    if (i == 0) return v128.add<T>(v0, v128.add<T>(even1, even2));
    if (i == 1) return madd<T>(splat<T>(b), odd2, v128.mul<T>(splat<T>(a), odd1));
    if (i == 2) return madd<T>(splat<T>(b * b), even2, v128.mul<T>(splat<T>(a * a), even1));
    return madd<T>(splat<T>(b * b * b), odd2, madd<T>(splat<T>(a * a * a), odd1, v5));
  }
}

/** A: the output's gradient, 4 → 6. */
@unmanaged
export class OutputGradientTransform {
  @inline values(): i32 { return TILE; }
  @inline results(): i32 { return PATCH; }

  @inline line<T>(out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128): void {
    v128.store(out, v0);
    const a2 = splat<T>(a * a), b2 = splat<T>(b * b);
    pair<T>(out + to, to, madd<T>(a2, v2, v0), madd<T>(a2, v3, v1), a);
    pair<T>(out + 3 * to, to, madd<T>(b2, v2, v0), madd<T>(b2, v3, v1), b);
    v128.store(out + 5 * to, v3);
  }
}

/** Gᵀ: products to the gradient of the weights, 6 → 3. */
@unmanaged
export class WeightGradientTransform {
  @inline values(): i32 { return PATCH; }
  @inline results(): i32 { return 3; }

  @inline line<T>(out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128): void {
    const na = splat<T>(1 / NA), nb = splat<T>(1 / NB);
    const even1 = v128.mul<T>(na, v128.add<T>(v1, v2)), even2 = v128.mul<T>(nb, v128.add<T>(v3, v4));
    const odd1 = v128.mul<T>(na, v128.sub<T>(v1, v2)), odd2 = v128.mul<T>(nb, v128.sub<T>(v3, v4));
    v128.store(out, v128.add<T>(v0, v128.add<T>(even1, even2)));
    v128.store(out + to, madd<T>(splat<T>(b), odd2, v128.mul<T>(splat<T>(a), odd1)));
    v128.store(out + 2 * to, madd<T>(splat<T>(b * b), even2, madd<T>(splat<T>(a * a), even1, v5)));
  }
}

/** The values at p and −p. */
// @ts-ignore: decorator
@inline
function pair<T>(out: usize, to: usize, even: v128, odd: v128, p: f64): void {
  v128.store(out, madd<T>(splat<T>(p), odd, even));
  v128.store(out + to, nmadd<T>(splat<T>(p), odd, even));
}

/** One line: vectors `from` bytes apart. */
// @ts-ignore: decorator
@inline
export function lineOf<T, M>(out: usize, to: usize, x: usize, from: usize): void {
  const matrix = changetype<M>(0), values = matrix.values();
  const v0 = v128.load(x), v1 = v128.load(x + from), v2 = v128.load(x + 2 * from);
  const v3 = values > 3 ? v128.load(x + 3 * from) : v0;
  const v4 = values > 4 ? v128.load(x + 4 * from) : v0, v5 = values > 4 ? v128.load(x + 5 * from) : v0;
  matrix.line<T>(out, to, v0, v1, v2, v3, v4, v5);
}

/** The same as a function, for what is no hot loop. */
function calledLine<T, M>(out: usize, to: usize, x: usize, from: usize): void {
  lineOf<T, M>(out, to, x, from);
}

/** Weights: squares of vectors, stored row by row, `from` bytes apart in x and `to` bytes apart in out. */
export function transform<T, M>(out: usize, to: usize, x: usize, from: usize, between: usize): void {
  const matrix = changetype<M>(0), values = <usize>matrix.values(), results = <usize>matrix.results();
  for (let j: usize = 0; j < values; j++) calledLine<T, M>(between + j * 16, values * 16, x + j * from, values * from);
  for (let i: usize = 0; i < results; i++) calledLine<T, M>(out + i * results * to, to, between + i * values * 16, 16);
}

/** Images, first half: down the columns of the rows at rows[0], rows[1], …; results lie ld elements apart. */
export function columnsDown<T, M>(out: usize, ld: i32, rows: usize, bytes: i32): void {
  const matrix = changetype<M>(0), wide = matrix.values() > 4, to = <usize>ld << alignof<T>();
  const r0 = load<usize>(rows), r1 = load<usize>(rows, 4), r2 = load<usize>(rows, 8), r3 = load<usize>(rows, 12);
  const r4 = load<usize>(rows, 16), r5 = load<usize>(rows, 20);
  for (let i = 0; i < bytes; i += 16) {
    const v4 = wide ? v128.load(r4 + i) : zero(), v5 = wide ? v128.load(r5 + i) : zero();
    matrix.line<T>(out + i, to, v128.load(r0 + i), v128.load(r1 + i), v128.load(r2 + i), v128.load(r3 + i), v4, v5);
  }
}

/** Second half: along the PATCH rows of patches, one at p0, p1, … for each lane, ld elements a row. */
// @ts-ignore: decorator
@inline
export function rowsAlong<T, M>(
  out: usize, to: usize, p0: usize, p1: usize, p2: usize, p3: usize, ld: i32,
): void {
  const matrix = changetype<M>(0), wide = matrix.values() > 4, row = <usize>ld << alignof<T>();
  for (let i = 0; i < PATCH; i++) {
    const s0 = v128.load(p0), s1 = v128.load(p1);
    if (sizeof<T>() == 8) {
      const t0 = v128.load(p0, 16), t1 = v128.load(p1, 16);
      const u0 = wide ? v128.load(p0, 32) : t0, u1 = wide ? v128.load(p1, 32) : t1;
      matrix.line<T>(
        out, to, v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3),
        v128.shuffle<f64>(t0, t1, 0, 2), v128.shuffle<f64>(t0, t1, 1, 3),
        v128.shuffle<f64>(u0, u1, 0, 2), v128.shuffle<f64>(u0, u1, 1, 3),
      );
    } else {
      const s2 = v128.load(p2), s3 = v128.load(p3);
      // Columns 2 to 5 once more: a load of two of them alone would take an instruction more.
      const t0 = wide ? v128.load(p0, 8) : s0, t1 = wide ? v128.load(p1, 8) : s1;
      const t2 = wide ? v128.load(p2, 8) : s2, t3 = wide ? v128.load(p3, 8) : s3;
      const first01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), first23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(t0, t1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(t2, t3, 2, 6, 3, 7);
      const low01 = wide ? v128.shuffle<f32>(t0, t1, 0, 4, 1, 5) : high01, low23 = wide ? v128.shuffle<f32>(t2, t3, 0, 4, 1, 5) : high23;
      matrix.line<T>(
        out, to, v128.shuffle<f64>(first01, first23, 0, 2), v128.shuffle<f64>(first01, first23, 1, 3),
        v128.shuffle<f64>(low01, low23, 0, 2), v128.shuffle<f64>(low01, low23, 1, 3),
        v128.shuffle<f64>(high01, high23, 0, 2), v128.shuffle<f64>(high01, high23, 1, 3),
      );
      p2 += row;
      p3 += row;
    }
    out += <usize>PATCH * to;
    p0 += row;
    p1 += row;
  }
}
