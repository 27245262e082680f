// The transforms of Winograd's convolution F(2×4, 3×3): Lavin and Gray (2016), "Fast algorithms for convolutional
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
// Down a column m = 2, with the points 0, ±1, ∞; N_0 = −1 (a sign moved from G to Bᵀ), N_±1 = 2. Along a row m = 4,
// with 0, ±a, ±b, ∞, a = 1/√2, b = √2 = 2·a: a² = ½ and b² = 2 are exact, and errors are smaller than with ±1 and
// ±2 (measured). N_0 = 1, N_±a = −3/2, N_±b = 6. Rows for p and −p differ in the sign of odd powers, so they
// share an even and an odd part.
//
// On a rectangle one transform acts down the columns, the other along the rows: C·X·Rᵀ. A value here is a vector:
// `lanes` tiles or channels at once.

import { madd, nmadd } from '../lib/simd';

/** Rows and columns of a tile of outputs, and of the patch of inputs that it reads. */
// @ts-ignore: decorator
@inline
export const TILE_ROWS: i32 = 2;
// @ts-ignore: decorator
@inline
export const TILE_COLUMNS: i32 = 4;
// @ts-ignore: decorator
@inline
export const PATCH_ROWS: i32 = 4;
// @ts-ignore: decorator
@inline
export const PATCH_COLUMNS: i32 = 6;

/** Products for a tile. */
// @ts-ignore: decorator
@inline
export const POINTS: usize = 24;

// @ts-ignore: decorator
@inline
const a: f64 = Math.SQRT1_2;
// @ts-ignore: decorator
@inline
const b: f64 = Math.SQRT2;

// @ts-ignore: decorator
@inline
function splat<T>(value: f64): v128 {
  return v128.splat<T>(<T>value);
}

// Each class is one transform. `along` and `down` are its two matrices; they write vectors `to` bytes apart. `along` has
// its row in registers, as many values as there are columns; `down` reads vectors `from` bytes apart.

/** Bᵀ: patches of the input, 4 × 6 → 4 × 6. */
@unmanaged
export class InputTransform {
  @inline rows(): i32 { return PATCH_ROWS; }
  @inline columns(): i32 { return PATCH_COLUMNS; }
  @inline columnsOut(): i32 { return PATCH_COLUMNS; }

  @inline down<T>(out: usize, to: usize, x: usize, from: usize): void {
    const d0 = v128.load(x), d1 = v128.load(x + from), d2 = v128.load(x + 2 * from), d3 = v128.load(x + 3 * from);
    v128.store(out, v128.sub<T>(d0, d2));
    v128.store(out + to, v128.add<T>(d2, d1));
    v128.store(out + 2 * to, v128.sub<T>(d2, d1));
    v128.store(out + 3 * to, v128.sub<T>(d3, d1));
  }

  @inline along<T>(
    out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128,
  ): void {
    v128.store(out, v128.add<T>(nmadd<T>(splat<T>(2.5), v2, v0), v4));
    pair<T>(out + to, to, nmadd<T>(splat<T>(2), v2, v4), nmadd<T>(splat<T>(2), v1, v3), a);
    pair<T>(out + 3 * to, to, nmadd<T>(splat<T>(0.5), v2, v4), nmadd<T>(splat<T>(0.5), v1, v3), b);
    v128.store(out + 5 * to, v128.add<T>(nmadd<T>(splat<T>(2.5), v3, v1), v5));
  }
}

/** G: the weights, 3 × 3 → 4 × 6. */
@unmanaged
export class WeightTransform {
  @inline rows(): i32 { return 3; }
  @inline columns(): i32 { return 3; }
  @inline columnsOut(): i32 { return PATCH_COLUMNS; }

  @inline down<T>(out: usize, to: usize, g: usize, from: usize): void {
    const g0 = v128.load(g), g2 = v128.load(g + 2 * from), half = splat<T>(0.5);
    v128.store(out, g0);
    pair<T>(out + to, to, v128.mul<T>(half, v128.add<T>(g0, g2)), v128.mul<T>(half, v128.load(g + from)), 1);
    v128.store(out + 3 * to, g2);
  }

  @inline along<T>(
    out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128,
  ): void {
    const na = splat<T>(-2.0 / 3), nb = splat<T>(1.0 / 6);
    v128.store(out, v0);
    pair<T>(out + to, to, v128.mul<T>(na, madd<T>(splat<T>(0.5), v2, v0)), v128.mul<T>(na, v1), a);
    pair<T>(out + 3 * to, to, v128.mul<T>(nb, madd<T>(splat<T>(2), v2, v0)), v128.mul<T>(nb, v1), b);
    v128.store(out + 5 * to, v2);
  }
}

/** Aᵀ: products to outputs, 4 × 6 → 2 × 4. */
@unmanaged
export class OutputTransform {
  @inline rows(): i32 { return PATCH_ROWS; }
  @inline columns(): i32 { return PATCH_COLUMNS; }
  @inline columnsOut(): i32 { return TILE_COLUMNS; }

  @inline down<T>(out: usize, to: usize, m: usize, from: usize): void {
    const m1 = v128.load(m + from), m2 = v128.load(m + 2 * from);
    v128.store(out, v128.add<T>(v128.load(m), v128.add<T>(m1, m2)));
    v128.store(out + to, v128.add<T>(v128.sub<T>(m1, m2), v128.load(m + 3 * from)));
  }

  @inline along<T>(
    out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128,
  ): void {
    const even1 = v128.add<T>(v1, v2), even2 = v128.add<T>(v3, v4);
    const odd1 = v128.sub<T>(v1, v2), odd2 = v128.sub<T>(v3, v4), half = splat<T>(0.5);
    v128.store(out, v128.add<T>(v0, v128.add<T>(even1, even2)));
    v128.store(out + to, v128.mul<T>(splat<T>(a), madd<T>(splat<T>(2), odd2, odd1)));
    v128.store(out + 2 * to, madd<T>(splat<T>(2), even2, v128.mul<T>(half, even1)));
    const cubes = madd<T>(splat<T>(4), odd2, v128.mul<T>(half, odd1));
    v128.store(out + 3 * to, madd<T>(splat<T>(a), cubes, v5));
  }
}

/** A: tiles of the output's gradient, 2 × 4 → 4 × 6. */
@unmanaged
export class OutputGradientTransform {
  @inline rows(): i32 { return TILE_ROWS; }
  @inline columns(): i32 { return TILE_COLUMNS; }
  @inline columnsOut(): i32 { return PATCH_COLUMNS; }

  @inline down<T>(out: usize, to: usize, dy: usize, from: usize): void {
    const y0 = v128.load(dy), y1 = v128.load(dy + from);
    v128.store(out, y0);
    pair<T>(out + to, to, y0, y1, 1);
    v128.store(out + 3 * to, y1);
  }

  @inline along<T>(
    out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128,
  ): void {
    v128.store(out, v0);
    pair<T>(out + to, to, madd<T>(splat<T>(0.5), v2, v0), madd<T>(splat<T>(0.5), v3, v1), a);
    pair<T>(out + 3 * to, to, madd<T>(splat<T>(2), v2, v0), madd<T>(splat<T>(2), v3, v1), b);
    v128.store(out + 5 * to, v3);
  }
}

/** Gᵀ: products to the gradient of the weights, 4 × 6 → 3 × 3. */
@unmanaged
export class WeightGradientTransform {
  @inline rows(): i32 { return PATCH_ROWS; }
  @inline columns(): i32 { return PATCH_COLUMNS; }
  @inline columnsOut(): i32 { return 3; }

  @inline down<T>(out: usize, to: usize, s: usize, from: usize): void {
    const s1 = v128.load(s + from), s2 = v128.load(s + 2 * from), half = splat<T>(0.5);
    const even = v128.mul<T>(half, v128.add<T>(s1, s2));
    v128.store(out, v128.add<T>(v128.load(s), even));
    v128.store(out + to, v128.mul<T>(half, v128.sub<T>(s1, s2)));
    v128.store(out + 2 * to, v128.add<T>(even, v128.load(s + 3 * from)));
  }

  @inline along<T>(
    out: usize, to: usize, v0: v128, v1: v128, v2: v128, v3: v128, v4: v128, v5: v128,
  ): void {
    const na = splat<T>(-2.0 / 3), nb = splat<T>(1.0 / 6);
    const even1 = v128.mul<T>(na, v128.add<T>(v1, v2)), even2 = v128.mul<T>(nb, v128.add<T>(v3, v4));
    const odd1 = v128.mul<T>(na, v128.sub<T>(v1, v2)), odd2 = v128.mul<T>(nb, v128.sub<T>(v3, v4));
    v128.store(out, v128.add<T>(v0, v128.add<T>(even1, even2)));
    v128.store(out + to, v128.mul<T>(splat<T>(a), madd<T>(splat<T>(2), odd2, odd1)));
    v128.store(out + 2 * to, madd<T>(splat<T>(2), even2, madd<T>(splat<T>(0.5), even1, v5)));
  }
}

/** The values at p and −p. */
// @ts-ignore: decorator
@inline
function pair<T>(out: usize, to: usize, even: v128, odd: v128, p: f64): void {
  if (p == 1) {
    v128.store(out, v128.add<T>(even, odd));
    v128.store(out + to, v128.sub<T>(even, odd));
  } else {
    v128.store(out, madd<T>(splat<T>(p), odd, even));
    v128.store(out + to, nmadd<T>(splat<T>(p), odd, even));
  }
}

/** A transform of rectangles of vectors, stored row by row, `from` bytes apart in x and `to` bytes apart in out. */
export function transform<T, M>(out: usize, to: usize, x: usize, from: usize, between: usize): void {
  const matrix = changetype<M>(0), rows = <usize>matrix.rows(), columns = <usize>matrix.columns();
  for (let i: usize = 0; i < rows; i++) {
    const v0 = v128.load(x), v1 = v128.load(x + from), v2 = v128.load(x + 2 * from);
    const v3 = columns > 3 ? v128.load(x + 3 * from) : v0;
    const v4 = columns > 4 ? v128.load(x + 4 * from) : v0, v5 = columns > 4 ? v128.load(x + 5 * from) : v0;
    matrix.along<T>(between + i * 16, rows * 16, v0, v1, v2, v3, v4, v5);
    x += columns * from;
  }
  allDown<T, M>(out, to, between);
}

/** The same of rectangles of elements, one at p0, p1, … for each lane, ld elements a row. */
export function transformLanes<T, M>(
  out: usize, to: usize, p0: usize, p1: usize, p2: usize, p3: usize, ld: i32, between: usize,
): void {
  const matrix = changetype<M>(0), rows = <usize>matrix.rows(), wide = matrix.columns() > 4;
  const row = <usize>ld << alignof<T>();
  for (let i: usize = 0; i < rows; i++) {
    const s0 = v128.load(p0), s1 = v128.load(p1);
    if (sizeof<T>() == 8) {
      const t0 = v128.load(p0, 16), t1 = v128.load(p1, 16);
      const u0 = wide ? v128.load(p0, 32) : t0, u1 = wide ? v128.load(p1, 32) : t1;
      matrix.along<T>(
        between + i * 16, rows * 16, v128.shuffle<f64>(s0, s1, 0, 2), v128.shuffle<f64>(s0, s1, 1, 3),
        v128.shuffle<f64>(t0, t1, 0, 2), v128.shuffle<f64>(t0, t1, 1, 3),
        v128.shuffle<f64>(u0, u1, 0, 2), v128.shuffle<f64>(u0, u1, 1, 3),
      );
    } else {
      const s2 = v128.load(p2), s3 = v128.load(p3);
      const low01 = v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), low23 = v128.shuffle<f32>(s2, s3, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(s0, s1, 2, 6, 3, 7), high23 = v128.shuffle<f32>(s2, s3, 2, 6, 3, 7);
      const last01 = wide
        ? v128.shuffle<f32>(v128.load64_zero(p0, 16), v128.load64_zero(p1, 16), 0, 4, 1, 5) : low01;
      const last23 = wide
        ? v128.shuffle<f32>(v128.load64_zero(p2, 16), v128.load64_zero(p3, 16), 0, 4, 1, 5) : low23;
      matrix.along<T>(
        between + i * 16, rows * 16, v128.shuffle<f64>(low01, low23, 0, 2), v128.shuffle<f64>(low01, low23, 1, 3),
        v128.shuffle<f64>(high01, high23, 0, 2), v128.shuffle<f64>(high01, high23, 1, 3),
        v128.shuffle<f64>(last01, last23, 0, 2), v128.shuffle<f64>(last01, last23, 1, 3),
      );
      p2 += row;
      p3 += row;
    }
    p0 += row;
    p1 += row;
  }
  allDown<T, M>(out, to, between);
}

/** The second half of both: `between` holds the columns, each down its rows; at most POINTS vectors. */
// @ts-ignore: decorator
@inline
function allDown<T, M>(out: usize, to: usize, between: usize): void {
  const matrix = changetype<M>(0), rows = <usize>matrix.rows(), columns = <usize>matrix.columnsOut();
  for (let j: usize = 0; j < columns; j++) matrix.down<T>(out + j * to, columns * to, between + j * rows * 16, 16);
}
