// The fully connected layer as three matrix products (PyTorch's Linear), for M rows of x:
//
//   forward            Y  = X·Wᵀ + b          y[m][o] = Σ_i x[m][i]·w[o][i] + b[o]
//   input gradient     dX = dY·W              dx[m][i] = Σ_o dy[m][o]·w[o][i]
//   weight gradient    dW += dYᵀ·X            dw[o][i] += Σ_m dy[m][o]·x[m][i]
//   bias gradient      db += Σ_m dY           (bias.ts)
//
// The two gradients that are plain products are gemm itself; here are the parts with a bias.

import { byRows, gemm, lineWork } from '../gemm/gemm';
import { at, lanes, loadLanes, storeLanes } from '../lib/simd';

/**
 * Lines [begin, end) of out: [M][O], its rows or columns as gemm divides it. x: [M][I], weight: [O][I], bias: [O] or null.
 * Workspace as for gemm.
 */
// @ts-ignore: decorator
@parallel(lineWork(M, O, I), byRows(M, O, I) ? 12 : 16)
export function linearForward<T>(
  out: usize, x: usize, weight: usize, bias: usize, workspace: usize, M: i32, O: i32, I: i32, begin: i32, end: i32,
): void {
  if (bias) {
    const rows = byRows(M, O, I), first = rows ? 0 : begin, last = rows ? O : end;
    for (let m = rows ? begin : 0, stop = rows ? end : M; m < stop; m++) {
      for (let o = first; o < last; o += lanes<T>()) {
        storeLanes<T>(at<T>(out, m * O + o), loadLanes<T>(at<T>(bias, o), last - o), last - o);
      }
    }
  }
  gemm<T>(out, x, weight, workspace, M, O, I, I, I, O, 0, 1, 1.0, bias ? 1.0 : 0.0, begin, end);
}
