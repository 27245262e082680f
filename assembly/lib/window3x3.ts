// Correlation of one plane with a window of 3 × 3, the most frequent depthwise convolution:
//
//   y[r][c] = b + Σ_u,v w[u][v]·z[r + u][c + v]        u, v < 3
//
// The nine weights stay in registers. Two rows of y go together: they share two of the four rows of z, so that twelve vectors are
// read for eighteen products, where taps one by one read as many vectors as they multiply.

import { at, lanes, madd } from './simd';

/**
 * `rows` rows of y with `columns` ≥ lanes each, beside each other in memory; z: `pitch` elements a row, read up to three rows beyond.
 * A row's last vector steps back to end with it, and so does a last pair of rows; what is done twice has the same result.
 */
export function correlate3x3<T>(y: usize, columns: i32, z: usize, pitch: i32, w: usize, start: T, rows: i32): void {
  const w0 = v128.load_splat<T>(w), w1 = v128.load_splat<T>(w, sizeof<T>()), w2 = v128.load_splat<T>(w, 2 * sizeof<T>());
  const w3 = v128.load_splat<T>(w, 3 * sizeof<T>()), w4 = v128.load_splat<T>(w, 4 * sizeof<T>()), w5 = v128.load_splat<T>(w, 5 * sizeof<T>());
  const w6 = v128.load_splat<T>(w, 6 * sizeof<T>()), w7 = v128.load_splat<T>(w, 7 * sizeof<T>()), w8 = v128.load_splat<T>(w, 8 * sizeof<T>());
  const lastByte: usize = (columns - lanes<T>()) << alignof<T>(), rowBytes: usize = pitch << alignof<T>();
  for (let r = 0; r < rows; r += 2) {
    const top = max(0, min(r, rows - 2)), y0 = at<T>(y, top * columns), y1 = rows > 1 ? at<T>(y0, columns) : y0;
    const z0 = at<T>(z, top * pitch), z1 = z0 + rowBytes, z2 = z1 + rowBytes, z3 = z2 + rowBytes;
    for (let i: usize = 0; ; i = min(i + 16, lastByte)) {
      const starts = v128.splat<T>(start);
      let v = v128.load(z0 + i);
      let s = madd<T>(w0, v, starts);
      v = v128.load(z0 + i, sizeof<T>());
      s = madd<T>(w1, v, s);
      v = v128.load(z0 + i, 2 * sizeof<T>());
      s = madd<T>(w2, v, s);
      v = v128.load(z1 + i);
      s = madd<T>(w3, v, s);
      let t = madd<T>(w0, v, starts);
      v = v128.load(z1 + i, sizeof<T>());
      s = madd<T>(w4, v, s);
      t = madd<T>(w1, v, t);
      v = v128.load(z1 + i, 2 * sizeof<T>());
      s = madd<T>(w5, v, s);
      t = madd<T>(w2, v, t);
      v = v128.load(z2 + i);
      s = madd<T>(w6, v, s);
      t = madd<T>(w3, v, t);
      v = v128.load(z2 + i, sizeof<T>());
      s = madd<T>(w7, v, s);
      t = madd<T>(w4, v, t);
      v = v128.load(z2 + i, 2 * sizeof<T>());
      s = madd<T>(w8, v, s);
      t = madd<T>(w5, v, t);
      v = v128.load(z3 + i);
      t = madd<T>(w6, v, t);
      v = v128.load(z3 + i, sizeof<T>());
      t = madd<T>(w7, v, t);
      v = v128.load(z3 + i, 2 * sizeof<T>());
      // In this order: a single row stands for both, and t would be that of rows beyond.
      v128.store(y1 + i, madd<T>(w8, v, t));
      v128.store(y0 + i, s);
      if (i == lastByte) break;
    }
  }
}
