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
// dx overwrites; dγ and dβ accumulate. Rows lie one behind the other.
//
// A row of some thousand elements stays in the first cache between the passes over it. The sums run in four parts, one
// behind the other they would wait for each addition (measured: twice the time). Where γ and β are there, loops do not
// ask for them (`affine`).

import { at, lanes, loadLanes, madd, maskLanes, nmadd, storeLanes, sumLanes, wholeVectors, zero } from '../lib/simd';

/** Rows [begin, end). out, x: [rows, C]; mean, rstd: [rows]; weight, bias: [C] or null. */
// @ts-ignore: decorator
@parallel(0.6 * C)
export function layerNormForward<T>(
  out: usize, mean: usize, rstd: usize,
  x: usize, weight: usize, bias: usize,
  C: i32, eps: f64, begin: i32, end: i32,
): void {
  const whole = wholeVectors<T>(C);
  for (let row = begin; row < end; row++) {
    const xRow = at<T>(x, row * C), outRow = at<T>(out, row * C);
    const mu = <T>(sum<T>(xRow, C) / <T>C);
    const mus = v128.splat<T>(mu);
    const variance = <T>(sumOfSquares<T>(xRow, mus, C) / <T>C);
    const r = <T>(1.0 / Math.sqrt(<f64>variance + eps));
    store<T>(at<T>(mean, row), mu);
    store<T>(at<T>(rstd, row), r);

    const rs = v128.splat<T>(r);
    let c = 0;
    if (weight && bias) {
      for (; c < whole; c += lanes<T>()) forwardAt<T>(outRow, xRow, weight, bias, mus, rs, c, lanes<T>(), true);
    }
    for (; c < C; c += lanes<T>()) forwardAt<T>(outRow, xRow, weight, bias, mus, rs, c, C - c);
  }
}

/** Rows [begin, end): dx. dx, dout, x: [rows, C]; mean, rstd: [rows]; weight: [C] or null. */
// @ts-ignore: decorator
@parallel(0.7 * C)
export function layerNormBackward<T>(
  dx: usize,
  dout: usize, x: usize, weight: usize, mean: usize, rstd: usize,
  C: i32, begin: i32, end: i32,
): void {
  const whole = wholeVectors<T>(C), pairs = wholeVectors<T>(C, 2);
  for (let row = begin; row < end; row++) {
    const xRow = at<T>(x, row * C), doutRow = at<T>(dout, row * C), dxRow = at<T>(dx, row * C);
    const r = load<T>(at<T>(rstd, row));
    const mus = v128.splat<T>(load<T>(at<T>(mean, row))), rs = v128.splat<T>(r);

    // Σ g and Σ g∘(x − μ). Beyond the row g is 0.
    let sumG = zero(), sumG1 = zero(), sumGX = zero(), sumGX1 = zero();
    let c = 0;
    if (weight) {
      for (; c < pairs; c += 2 * lanes<T>()) {
        const g = scaled<T>(weight, doutRow, c, lanes<T>(), true);
        sumG = v128.add<T>(sumG, g);
        sumGX = madd<T>(g, centred<T>(xRow, mus, c, lanes<T>()), sumGX);
        const g1 = scaled<T>(weight, doutRow, c + lanes<T>(), lanes<T>(), true);
        sumG1 = v128.add<T>(sumG1, g1);
        sumGX1 = madd<T>(g1, centred<T>(xRow, mus, c + lanes<T>(), lanes<T>()), sumGX1);
      }
    }
    for (; c < C; c += lanes<T>()) {
      const g = scaled<T>(weight, doutRow, c, C - c);
      sumG = v128.add<T>(sumG, g);
      sumGX = madd<T>(g, centred<T>(xRow, mus, c, C - c), sumGX);
    }
    const meanG = v128.splat<T>(<T>(sumLanes<T>(v128.add<T>(sumG, sumG1)) / <T>C));
    // r·mean(g∘x̂), the factor of x − μ.
    const slope = v128.splat<T>(<T>(r * r * (sumLanes<T>(v128.add<T>(sumGX, sumGX1)) / <T>C)));

    c = 0;
    if (weight) {
      for (; c < whole; c += lanes<T>()) {
        backwardAt<T>(dxRow, doutRow, xRow, weight, mus, rs, meanG, slope, c, lanes<T>(), true);
      }
    }
    for (; c < C; c += lanes<T>()) backwardAt<T>(dxRow, doutRow, xRow, weight, mus, rs, meanG, slope, c, C - c);
  }
}

/**
 * Columns [begin, end), rows [from, to): dweight and dbias (each may be null). dout, x: [rows, C]; mean, rstd: [rows].
 * Rows are walked four at a time: memory is read in order, and dweight and dbias once for the four.
 */
// @ts-ignore: decorator
@parallel(0.4 * (to - from), 16)
export function layerNormBackwardParameters<T>(
  dweight: usize, dbias: usize,
  dout: usize, x: usize, mean: usize, rstd: usize,
  C: i32, from: i32, to: i32, begin: i32, end: i32,
): void {
  const whole = begin + wholeVectors<T>(end - begin);
  for (let row = from, count = 0; row < to; row += count) {
    count = to - row < 4 ? 1 : 4;
    const xRow = at<T>(x, row * C), doutRow = at<T>(dout, row * C), last = row + count - 1;
    const mu0 = splatAt<T>(mean, row), mu1 = splatAt<T>(mean, min(row + 1, last));
    const mu2 = splatAt<T>(mean, min(row + 2, last)), mu3 = splatAt<T>(mean, last);
    const r0 = splatAt<T>(rstd, row), r1 = splatAt<T>(rstd, min(row + 1, last));
    const r2 = splatAt<T>(rstd, min(row + 2, last)), r3 = splatAt<T>(rstd, last);
    let c = begin;
    for (; c < whole; c += lanes<T>()) {
      parametersAt<T>(dweight, dbias, doutRow, xRow, mu0, mu1, mu2, mu3, r0, r1, r2, r3, C, count, c, lanes<T>());
    }
    for (; c < end; c += lanes<T>()) {
      parametersAt<T>(dweight, dbias, doutRow, xRow, mu0, mu1, mu2, mu3, r0, r1, r2, r3, C, count, c, end - c);
    }
  }
}

/** y at column c. */
// @ts-ignore: decorator
@inline
function forwardAt<T>(
  out: usize,
  x: usize, weight: usize, bias: usize, mus: v128, rs: v128,
  c: i32, left: i32, affine: bool = false,
): void {
  let y = v128.mul<T>(centred<T>(x, mus, c, left), rs);
  if (affine || weight) y = v128.mul<T>(loadLanes<T>(at<T>(weight, c), left), y);
  if (affine || bias) y = v128.add<T>(y, loadLanes<T>(at<T>(bias, c), left));
  storeLanes<T>(at<T>(out, c), y, left);
}

/** dx at column c. */
// @ts-ignore: decorator
@inline
function backwardAt<T>(
  dx: usize,
  dout: usize, x: usize, weight: usize, mus: v128, rs: v128, meanG: v128, slope: v128,
  c: i32, left: i32, affine: bool = false,
): void {
  const g = v128.sub<T>(scaled<T>(weight, dout, c, left, affine), meanG);
  const d = nmadd<T>(centred<T>(x, mus, c, left), slope, g);
  storeLanes<T>(at<T>(dx, c), v128.mul<T>(rs, d), left);
}

/** What `count` (4 or 1) rows from x and dout on add to dweight and dbias at column c. */
// @ts-ignore: decorator
@inline
function parametersAt<T>(
  dweight: usize, dbias: usize,
  dout: usize, x: usize, mu0: v128, mu1: v128, mu2: v128, mu3: v128, r0: v128, r1: v128, r2: v128, r3: v128,
  C: i32, count: i32, c: i32, left: i32,
): void {
  const dy = loadLanes<T>(at<T>(dout, c), left);
  let dgamma = gammaTerm<T>(dy, x, mu0, r0, c, left), dbeta = dy;
  if (count == 4) {
    const c1 = C + c, c2 = 2 * C + c, c3 = 3 * C + c;
    const dy1 = loadLanes<T>(at<T>(dout, c1), left);
    const dy2 = loadLanes<T>(at<T>(dout, c2), left);
    const dy3 = loadLanes<T>(at<T>(dout, c3), left);
    dbeta = v128.add<T>(v128.add<T>(dy, dy1), v128.add<T>(dy2, dy3));
    dgamma = v128.add<T>(
      v128.add<T>(dgamma, gammaTerm<T>(dy1, x, mu1, r1, c1, left)),
      v128.add<T>(gammaTerm<T>(dy2, x, mu2, r2, c2, left), gammaTerm<T>(dy3, x, mu3, r3, c3, left)),
    );
  }
  if (dweight) accumulate<T>(at<T>(dweight, c), dgamma, left);
  if (dbias) accumulate<T>(at<T>(dbias, c), dbeta, left);
}

/** dy∘x̂ of the elements from c on. */
// @ts-ignore: decorator
@inline
function gammaTerm<T>(dy: v128, x: usize, mu: v128, r: v128, c: i32, left: i32): v128 {
  return v128.mul<T>(dy, v128.mul<T>(centred<T>(x, mu, c, left), r));
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

/** g = γ∘dy at column c. */
// @ts-ignore: decorator
@inline
function scaled<T>(weight: usize, dout: usize, c: i32, left: i32, affine: bool = false): v128 {
  const dy = loadLanes<T>(at<T>(dout, c), left);
  return affine || weight ? v128.mul<T>(loadLanes<T>(at<T>(weight, c), left), dy) : dy;
}

// @ts-ignore: decorator
@inline
function accumulate<T>(to: usize, v: v128, left: i32): void {
  storeLanes<T>(to, v128.add<T>(loadLanes<T>(to, left), v), left);
}
