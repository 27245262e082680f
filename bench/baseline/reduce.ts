// Reductions of x [rows, C]: along rows to one number a row, or across rows to one row. A sum is multiplied by `scale`
// (a mean's 1/n); equal maxima share a gradient evenly. Four sums or maxima at once, so that none waits for another.

export function sumAlong(out: Float32Array, x: Float32Array, C: number, scale: number): void {
  for (let row = 0, start = 0; row < out.length; row++, start += C) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    const end = start + C;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      s0 += x[i];
      s1 += x[i + 1];
      s2 += x[i + 2];
      s3 += x[i + 3];
    }
    for (; i < end; i++) s0 += x[i];
    out[row] = scale * (s0 + s1 + s2 + s3);
  }
}

export function sumAlongBackward(dx: Float32Array, dout: Float32Array, C: number, scale: number): void {
  for (let row = 0, start = 0; row < dout.length; row++, start += C) dx.fill(scale * dout[row], start, start + C);
}

export function sumAcross(out: Float32Array, x: Float32Array, scale: number): void {
  const C = out.length;
  out.fill(0);
  for (let start = 0; start < x.length; start += C) for (let c = 0; c < C; c++) out[c] += x[start + c];
  if (scale !== 1) for (let c = 0; c < C; c++) out[c] *= scale;
}

export function sumAcrossBackward(dx: Float32Array, dout: Float32Array, scale: number): void {
  const C = dout.length;
  for (let c = 0; c < C; c++) dx[c] = scale * dout[c];
  for (let start = C; start < dx.length; start += C) dx.copyWithin(start, 0, C);
}

export function maxAlong(out: Float32Array, x: Float32Array, C: number): void {
  for (let row = 0, start = 0; row < out.length; row++, start += C) {
    let m0 = x[start];
    let m1 = m0;
    let m2 = m0;
    let m3 = m0;
    const end = start + C;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      m0 = Math.max(m0, x[i]);
      m1 = Math.max(m1, x[i + 1]);
      m2 = Math.max(m2, x[i + 2]);
      m3 = Math.max(m3, x[i + 3]);
    }
    for (; i < end; i++) m0 = Math.max(m0, x[i]);
    out[row] = Math.max(m0, m1, m2, m3);
  }
}

// biome-ignore format: outputs, inputs, sizes
export function maxAlongBackward(
  dx: Float32Array,
  dout: Float32Array, x: Float32Array, y: Float32Array, C: number,
): void {
  for (let row = 0, start = 0; row < y.length; row++, start += C) {
    const max = y[row];
    let count = 0;
    for (let c = 0; c < C; c++) if (x[start + c] === max) count++;
    const share = dout[row] / count;
    for (let c = 0; c < C; c++) dx[start + c] = x[start + c] === max ? share : 0;
  }
}

export function maxAcross(out: Float32Array, x: Float32Array): void {
  const C = out.length;
  for (let c = 0; c < C; c++) out[c] = x[c];
  for (let start = C; start < x.length; start += C) {
    for (let c = 0; c < C; c++) out[c] = Math.max(out[c], x[start + c]);
  }
}

/** `share`, of the length of a row, is overwritten. */
// biome-ignore format: outputs, inputs
export function maxAcrossBackward(
  dx: Float32Array, share: Float32Array,
  dout: Float32Array, x: Float32Array, y: Float32Array,
): void {
  const C = y.length;
  share.fill(0);
  for (let start = 0; start < x.length; start += C) {
    for (let c = 0; c < C; c++) if (x[start + c] === y[c]) share[c]++;
  }
  for (let c = 0; c < C; c++) share[c] = dout[c] / share[c];
  for (let start = 0; start < x.length; start += C) {
    for (let c = 0; c < C; c++) dx[start + c] = x[start + c] === y[c] ? share[c] : 0;
  }
}
