// Layer normalisation over rows of length C (Ba, Kiros, Hinton 2016; PyTorch's LayerNorm).
//
//   forward     μ = mean(x)      σ² = mean((x − μ)²)      in two passes: mean(x²) − μ² would cancel
//               r = 1/√(σ² + ε)      x̂ = (x − μ)·r      y = γ∘x̂ + β
//
//   backward    with g = γ∘dy, means over the row, sums over the rows:
//               dx  = r·(g − mean(g) − x̂·mean(g∘x̂))
//               dγ += Σ dy∘x̂        dβ += Σ dy
//
// Where dx comes from: x reaches y directly (r·g), through μ and through r. The path through μ takes away
// r·mean(g), and Σx̂ = 0 frees it of any other share; ∂r/∂x = −r²·x̂/C makes the path through r r·x̂·mean(g∘x̂).
//
// γ (weight) and β (bias) may be null: then γ = 1, β = 0. Forward saves μ and r of each row for backward.
// dx overwrites. Rows lie one behind the other. The sums of dγ and dβ over rows are those of blocks of rows, so that threads
// share rows, of which each finds in its cache what it reads twice, and the order of additions is still one; what sums the
// blocks up is the kernel of a linear layer's bias gradient.
//
// A row of some thousand elements stays in the first cache between the passes over it. The sums run in four parts, one
// behind the other they would wait for each addition (measured: twice the time). Where γ and β are there, loops do not
// ask for them (`affine`).

import { areLong, readAhead } from '../lib/ahead';
import { at, lanes, loadLanes, madd, maskLanes, nmadd, storeLanes, sumLanes, wholeVectors, zero } from '../lib/simd';

/** Rows [begin, end). out, x: [rows, C]; mean, rstd: [rows]; weight, bias: [C] or null. */
// @ts-ignore: decorator
@parallel(0.6 * C)
export function layerNormForward<T>(
  out: usize, mean: usize, rstd: usize,
  x: usize, weight: usize, bias: usize,
  C: i32, eps: f64, begin: i32, end: i32,
): void {
  const pairs = wholeVectors<T>(C, 2), long = areLong<T>(C, 4, (end - begin) * C);
  for (let row = begin; row < end; row++) {
    const xRow = at<T>(x, row * C), outRow = at<T>(out, row * C);
    if (long) readAhead<T>(out, row, 1, end, C);
    const mu = <T>(sum<T>(xRow, C) / <T>C);
    const mus = v128.splat<T>(mu);
    const variance = <T>(sumOfSquares<T>(xRow, mus, C) / <T>C);
    const r = <T>(1.0 / Math.sqrt(<f64>variance + eps));
    store<T>(at<T>(mean, row), mu);
    store<T>(at<T>(rstd, row), r);

    const rs = v128.splat<T>(r);
    let c = 0;
    if (weight && bias) {
      for (; c < pairs; c += 2 * lanes<T>()) {
        const to = at<T>(outRow, c), from = at<T>(xRow, c), gamma = at<T>(weight, c), beta = at<T>(bias, c);
        v128.store(to, affine<T>(v128.load(from), v128.load(gamma), v128.load(beta), mus, rs));
        v128.store(to, affine<T>(v128.load(from, 16), v128.load(gamma, 16), v128.load(beta, 16), mus, rs), 16);
      }
    }
    for (; c < C; c += lanes<T>()) forwardAt<T>(outRow, xRow, weight, bias, mus, rs, c, C - c);
  }
}

/**
 * Blocks [begin, end) of `together` rows: dx, unless it is null, and what each block adds to dγ and dβ.
 * dx, dout, x: [rows, C]; sums: [2, ⌈rows/together⌉, C], overwritten; weight: [C]; mean, rstd: [rows].
 *
 * Row by row, as they lie: of two at a time the processor fetches nothing ahead (measured out of cache: half the speed).
 */
// @ts-ignore: decorator
@parallel(0.8 * together * C)
export function layerNormBackward<T>(
  dx: usize, sums: usize,
  dout: usize, x: usize, weight: usize, mean: usize, rstd: usize,
  C: i32, rows: i32, together: i32, begin: i32, end: i32,
): void {
  const whole = wholeVectors<T>(C), blocks = (rows + together - 1) / together;
  const long = areLong<T>(C, 6, rows * C);
  for (let block = begin; block < end; block++) {
    const dgamma = at<T>(sums, block * C), dbeta = at<T>(dgamma, blocks * C);
    memory.fill(dgamma, 0, at<T>(0, C));
    memory.fill(dbeta, 0, at<T>(0, C));
    for (let row = block * together, stop = min(rows, row + together); row < stop; row++) {
      const xRow = at<T>(x, row * C), dyRow = at<T>(dout, row * C);
      if (long) {
        readAhead<T>(x, row, 1, rows, C);
        readAhead<T>(dout, row, 1, rows, C);
        if (dx) readAhead<T>(dx, row, 1, rows, C);
      }
      const mus = splatAt<T>(mean, row), rs = splatAt<T>(rstd, row);

      // Σ g and Σ g∘(x − μ), each by two sums in turns, since one would wait for itself; and with p = dy∘(x − μ) the row's share
      // r·p of dγ.
      let g0 = zero(), g1 = zero(), gx0 = zero(), gx1 = zero();
      let c = 0;
      for (; c < whole; c += lanes<T>()) {
        const gamma = v128.load(at<T>(weight, c)), dy = v128.load(at<T>(dyRow, c));
        const p = v128.mul<T>(dy, centred<T>(xRow, mus, c, lanes<T>()));
        const g = madd<T>(gamma, dy, g0), gx = madd<T>(gamma, p, gx0);
        g0 = g1;
        gx0 = gx1;
        g1 = g;
        gx1 = gx;
        const toGamma = at<T>(dgamma, c), toBeta = at<T>(dbeta, c);
        v128.store(toGamma, madd<T>(rs, p, v128.load(toGamma)));
        v128.store(toBeta, v128.add<T>(dy, v128.load(toBeta)));
      }
      for (; c < C; c += lanes<T>()) {
        const left = C - c, gamma = loadLanes<T>(at<T>(weight, c), left), dy = loadLanes<T>(at<T>(dyRow, c), left);
        const p = v128.mul<T>(dy, centred<T>(xRow, mus, c, left));
        g0 = madd<T>(gamma, dy, g0);
        gx0 = madd<T>(gamma, p, gx0);
        accumulate<T>(at<T>(dgamma, c), v128.mul<T>(rs, p), left);
        accumulate<T>(at<T>(dbeta, c), dy, left);
      }
      if (!dx) continue;
      backwardRow<T>(at<T>(dx, row * C), dyRow, xRow, weight, mus, rs, v128.add<T>(g0, g1), v128.add<T>(gx0, gx1), C);
    }
  }
}

/** dx of a row, from the lanes of its Σ g and Σ g∘(x − μ). */
// @ts-ignore: decorator
@inline
function backwardRow<T>(
  dx: usize,
  dout: usize, x: usize, weight: usize, mus: v128, rs: v128, g: v128, gx: v128,
  C: i32,
): void {
  const pairs = wholeVectors<T>(C, 2), r = v128.extract_lane<T>(rs, 0);
  const meanG = v128.splat<T>(<T>(sumLanes<T>(g) / <T>C));
  // r·mean(g∘x̂), the factor of x − μ.
  const slope = v128.splat<T>(<T>(r * r * (sumLanes<T>(gx) / <T>C)));
  let c = 0;
  for (; c < pairs; c += 2 * lanes<T>()) {
    const to = at<T>(dx, c), from = at<T>(x, c), dy = at<T>(dout, c), gamma = at<T>(weight, c);
    const g0 = v128.mul<T>(v128.load(gamma), v128.load(dy)), g1 = v128.mul<T>(v128.load(gamma, 16), v128.load(dy, 16));
    v128.store(to, backward<T>(g0, v128.load(from), mus, rs, meanG, slope));
    v128.store(to, backward<T>(g1, v128.load(from, 16), mus, rs, meanG, slope), 16);
  }
  for (; c < C; c += lanes<T>()) {
    const left = C - c, g = v128.mul<T>(loadLanes<T>(at<T>(weight, c), left), loadLanes<T>(at<T>(dout, c), left));
    storeLanes<T>(at<T>(dx, c), backward<T>(g, loadLanes<T>(at<T>(x, c), left), mus, rs, meanG, slope), left);
  }
}

/** y = γ∘(x − μ)·r + β. */
// @ts-ignore: decorator
@inline
function affine<T>(x: v128, gamma: v128, beta: v128, mus: v128, rs: v128): v128 {
  return v128.add<T>(v128.mul<T>(gamma, v128.mul<T>(v128.sub<T>(x, mus), rs)), beta);
}

/** y at column c. */
// @ts-ignore: decorator
@inline
function forwardAt<T>(
  out: usize,
  x: usize, weight: usize, bias: usize, mus: v128, rs: v128,
  c: i32, left: i32,
): void {
  let y = v128.mul<T>(centred<T>(x, mus, c, left), rs);
  if (weight) y = v128.mul<T>(loadLanes<T>(at<T>(weight, c), left), y);
  if (bias) y = v128.add<T>(y, loadLanes<T>(at<T>(bias, c), left));
  storeLanes<T>(at<T>(out, c), y, left);
}

/** dx = r·(g − mean(g) − (x − μ)·slope). */
// @ts-ignore: decorator
@inline
function backward<T>(g: v128, x: v128, mus: v128, rs: v128, meanG: v128, slope: v128): v128 {
  return v128.mul<T>(rs, nmadd<T>(v128.sub<T>(x, mus), slope, v128.sub<T>(g, meanG)));
}

/** values[i] in every lane. */
// @ts-ignore: decorator
@inline
function splatAt<T>(values: usize, i: i32): v128 {
  return v128.load_splat<T>(at<T>(values, i));
}

/** Σ x. */
function sum<T>(x: usize, C: i32): T {
  const fours = wholeVectors<T>(C, 4);
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
  let c = 0;
  for (; c < fours; c += 4 * lanes<T>()) {
    const from = at<T>(x, c);
    s0 = v128.add<T>(s0, v128.load(from));
    s1 = v128.add<T>(s1, v128.load(from, 16));
    s2 = v128.add<T>(s2, v128.load(from, 32));
    s3 = v128.add<T>(s3, v128.load(from, 48));
  }
  for (; c < C; c += lanes<T>()) s0 = v128.add<T>(s0, loadLanes<T>(at<T>(x, c), C - c));
  return sumLanes<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
}

/** Σ (x − μ)². */
function sumOfSquares<T>(x: usize, mus: v128, C: i32): T {
  const fours = wholeVectors<T>(C, 4);
  let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
  let c = 0;
  for (; c < fours; c += 4 * lanes<T>()) {
    const from = at<T>(x, c);
    s0 = addSquare<T>(s0, v128.sub<T>(v128.load(from), mus));
    s1 = addSquare<T>(s1, v128.sub<T>(v128.load(from, 16), mus));
    s2 = addSquare<T>(s2, v128.sub<T>(v128.load(from, 32), mus));
    s3 = addSquare<T>(s3, v128.sub<T>(v128.load(from, 48), mus));
  }
  // Nothing beyond the row may be added.
  for (; c < C; c += lanes<T>()) s0 = addSquare<T>(s0, maskLanes<T>(centred<T>(x, mus, c, C - c), C - c));
  return sumLanes<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
}

// @ts-ignore: decorator
@inline
function addSquare<T>(sum: v128, v: v128): v128 {
  return madd<T>(v, v, sum);
}

/** x − μ at column c. */
// @ts-ignore: decorator
@inline
function centred<T>(x: usize, mus: v128, c: i32, left: i32): v128 {
  return v128.sub<T>(loadLanes<T>(at<T>(x, c), left), mus);
}

// @ts-ignore: decorator
@inline
function accumulate<T>(to: usize, v: v128, left: i32): void {
  storeLanes<T>(to, v128.add<T>(loadLanes<T>(to, left), v), left);
}
