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

import { at, lanes, loadLanes, madd, maskLanes, storeLanes, sumLanes, zero } from '../lib/simd';

/** Rows [begin, end). out, x: [rows, C]; mean, rstd: [rows]; weight, bias: [C] or null. */
export function layerNormForward<T>(
  out: usize, mean: usize, rstd: usize,
  x: usize, weight: usize, bias: usize,
  C: i32, eps: f64, begin: i32, end: i32,
): void {
  for (let row = begin; row < end; row++) {
    const xRow = at<T>(x, row * C), outRow = at<T>(out, row * C);
    const mu = <T>(sum<T>(xRow, C) / <T>C);
    const variance = <T>(sumOfSquares<T>(xRow, mu, C) / <T>C);
    const r = <T>(1.0 / Math.sqrt(<f64>variance + eps));
    store<T>(at<T>(mean, row), mu);
    store<T>(at<T>(rstd, row), r);

    const mus = v128.splat<T>(mu), rs = v128.splat<T>(r);
    for (let c = 0; c < C; c += lanes<T>()) {
      const left = C - c;
      const xhat = v128.mul<T>(centred<T>(at<T>(xRow, c), mus, left), rs);
      const gamma = weight ? loadLanes<T>(at<T>(weight, c), left) : v128.splat<T>(<T>1);
      const beta = bias ? loadLanes<T>(at<T>(bias, c), left) : zero();
      storeLanes<T>(at<T>(outRow, c), madd<T>(gamma, xhat, beta), left);
    }
  }
}

/** Rows [begin, end): dx. dx, dout, x: [rows, C]; mean, rstd: [rows]; weight: [C] or null. */
export function layerNormBackward<T>(
  dx: usize,
  dout: usize, x: usize, weight: usize, mean: usize, rstd: usize,
  C: i32, begin: i32, end: i32,
): void {
  for (let row = begin; row < end; row++) {
    const xRow = at<T>(x, row * C), doutRow = at<T>(dout, row * C), dxRow = at<T>(dx, row * C);
    const mus = v128.splat<T>(load<T>(at<T>(mean, row)));
    const rs = v128.splat<T>(load<T>(at<T>(rstd, row)));

    let sumG = zero(), sumGX = zero();
    for (let c = 0; c < C; c += lanes<T>()) {
      const left = C - c;
      const xhat = v128.mul<T>(centred<T>(at<T>(xRow, c), mus, left), rs);
      const g = scaled<T>(weight, at<T>(doutRow, c), c, left);
      sumG = v128.add<T>(sumG, g);
      sumGX = madd<T>(g, xhat, sumGX);
    }
    const meanG = v128.splat<T>(<T>(sumLanes<T>(sumG) / <T>C));
    const meanGX = v128.splat<T>(<T>(sumLanes<T>(sumGX) / <T>C));

    for (let c = 0; c < C; c += lanes<T>()) {
      const left = C - c;
      const xhat = v128.mul<T>(centred<T>(at<T>(xRow, c), mus, left), rs);
      const g = scaled<T>(weight, at<T>(doutRow, c), c, left);
      const d = v128.sub<T>(v128.sub<T>(g, meanG), v128.mul<T>(xhat, meanGX));
      storeLanes<T>(at<T>(dxRow, c), v128.mul<T>(rs, d), left);
    }
  }
}

/** Columns [begin, end): dweight and dbias (each may be null). dout, x: [rows, C]; mean, rstd: [rows]. */
export function layerNormBackwardParameters<T>(
  dweight: usize, dbias: usize,
  dout: usize, x: usize, mean: usize, rstd: usize,
  rows: i32, C: i32, begin: i32, end: i32,
): void {
  for (let c = begin; c < end; c += lanes<T>()) {
    const left = end - c;
    let dgamma = zero(), dbeta = zero();
    for (let row = 0; row < rows; row++) {
      const mus = v128.splat<T>(load<T>(at<T>(mean, row)));
      const rs = v128.splat<T>(load<T>(at<T>(rstd, row)));
      const xhat = v128.mul<T>(centred<T>(at<T>(x, row * C + c), mus, left), rs);
      const dy = loadLanes<T>(at<T>(dout, row * C + c), left);
      dgamma = madd<T>(dy, xhat, dgamma);
      dbeta = v128.add<T>(dbeta, dy);
    }
    if (dweight) accumulate<T>(at<T>(dweight, c), dgamma, left);
    if (dbias) accumulate<T>(at<T>(dbias, c), dbeta, left);
  }
}

/** Σ x. */
function sum<T>(x: usize, C: i32): T {
  let total = zero();
  for (let c = 0; c < C; c += lanes<T>()) total = v128.add<T>(total, loadLanes<T>(at<T>(x, c), C - c));
  return sumLanes<T>(total);
}

/** Σ (x − μ)². */
function sumOfSquares<T>(x: usize, mu: T, C: i32): T {
  const mus = v128.splat<T>(mu);
  let total = zero();
  for (let c = 0; c < C; c += lanes<T>()) {
    const d = centred<T>(at<T>(x, c), mus, C - c);
    total = madd<T>(d, d, total);
  }
  return sumLanes<T>(total);
}

/** x − μ, and 0 in the lanes beyond the row, so that they add nothing to a sum. */
// @ts-ignore: decorator
@inline
function centred<T>(x: usize, mus: v128, left: i32): v128 {
  return maskLanes<T>(v128.sub<T>(loadLanes<T>(x, left), mus), left);
}

/** g = γ∘dy at column c. */
// @ts-ignore: decorator
@inline
function scaled<T>(weight: usize, dout: usize, c: i32, left: i32): v128 {
  const dy = loadLanes<T>(dout, left);
  return weight ? v128.mul<T>(loadLanes<T>(at<T>(weight, c), left), dy) : dy;
}

// @ts-ignore: decorator
@inline
function accumulate<T>(to: usize, v: v128, left: i32): void {
  storeLanes<T>(to, v128.add<T>(loadLanes<T>(to, left), v), left);
}
