// Gradients of biases: dy summed over everything that a bias was added to.
//
//   convolution   y[n][o][p] = … + b[o]     db[o] += Σ_n Σ_p dy[n][o][p]
//   linear        y[m][o]    = … + b[o]     db[o] += Σ_m dy[m][o]
//
// One sum waits for its last addition; so several run beside each other.

import { at, lanes, loadLanes, storeLanes, sumLanes, zero } from '../lib/simd';

/** Output channels [begin, end): dbias += Σ_n Σ_p dout. */
// @ts-ignore: decorator
@parallel(0.08 * N * P)
export function conv2dBackwardBias<T>(dbias: usize, dout: usize, N: i32, O: i32, P: i32, begin: i32, end: i32): void {
  for (let o = begin; o < end; o++) {
    let total: T = 0;
    for (let n = 0; n < N; n++) {
      let plane = at<T>(dout, (n * O + o) * P), left = P;
      let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
      for (; left >= 4 * lanes<T>(); left -= 4 * lanes<T>()) {
        s0 = v128.add<T>(s0, v128.load(plane, 0));
        s1 = v128.add<T>(s1, v128.load(plane, 16));
        s2 = v128.add<T>(s2, v128.load(plane, 32));
        s3 = v128.add<T>(s3, v128.load(plane, 48));
        plane += 64;
      }
      for (; left > 0; left -= lanes<T>()) {
        s0 = v128.add<T>(s0, loadLanes<T>(plane, left));
        plane += 16;
      }
      total += sumLanes<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
    }
    store<T>(at<T>(dbias, o), load<T>(at<T>(dbias, o)) + total);
  }
}

/** Rows that are summed before they are added to dbias: as many streams as a processor prefetches. */
const together = 16;

/** Outputs [begin, end): dbias += Σ_m dout. dout: [M][O]. */
// @ts-ignore: decorator
@parallel(0.1 * M, 16)
export function linearBackwardBias<T>(dbias: usize, dout: usize, M: i32, O: i32, begin: i32, end: i32): void {
  const next = at<T>(0, O), whole = begin + ((end - begin) & ~(4 * lanes<T>() - 1));
  for (let m = 0; m < M; m += together) {
    const rows = min(together, M - m), row = at<T>(dout, m * O);
    let o = begin;
    for (; o < whole; o += 4 * lanes<T>()) {
      const to = at<T>(dbias, o);
      let from = at<T>(row, o);
      let s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
      for (let r = 0; r < rows; r++) {
        s0 = v128.add<T>(s0, v128.load(from, 0));
        s1 = v128.add<T>(s1, v128.load(from, 16));
        s2 = v128.add<T>(s2, v128.load(from, 32));
        s3 = v128.add<T>(s3, v128.load(from, 48));
        from += next;
      }
      v128.store(to, v128.add<T>(s0, v128.load(to, 0)), 0);
      v128.store(to, v128.add<T>(s1, v128.load(to, 16)), 16);
      v128.store(to, v128.add<T>(s2, v128.load(to, 32)), 32);
      v128.store(to, v128.add<T>(s3, v128.load(to, 48)), 48);
    }
    for (; o < end; o += lanes<T>()) {
      const left = end - o;
      let sum = zero();
      for (let r = 0; r < rows; r++) sum = v128.add<T>(sum, loadLanes<T>(at<T>(row, r * O + o), left));
      storeLanes<T>(at<T>(dbias, o), v128.add<T>(sum, loadLanes<T>(at<T>(dbias, o), left)), left);
    }
  }
}
