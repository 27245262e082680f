export function relu(out: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) out[i] = Math.max(x[i], 0);
}

export function reluBackward(dx: Float32Array, dout: Float32Array, y: Float32Array): void {
  for (let i = 0; i < y.length; i++) dx[i] = y[i] > 0 ? dout[i] : 0;
}

export function tanh(out: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) out[i] = Math.tanh(x[i]);
}

export function tanhBackward(dx: Float32Array, dout: Float32Array, y: Float32Array): void {
  for (let i = 0; i < y.length; i++) dx[i] = dout[i] * (1 - y[i] * y[i]);
}

export function silu(out: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) out[i] = x[i] / (1 + Math.exp(-x[i]));
}

export function siluBackward(dx: Float32Array, dout: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const s = 1 / (1 + Math.exp(-x[i]));
    dx[i] = dout[i] * s * (1 + x[i] * (1 - s));
  }
}

export function gelu(out: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) out[i] = 0.5 * x[i] * (1 + erf(x[i] * Math.SQRT1_2));
}

export function geluBackward(dx: Float32Array, dout: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const density = 0.3989422804014327 * Math.exp(-0.5 * x[i] * x[i]);
    dx[i] = dout[i] * (0.5 * (1 + erf(x[i] * Math.SQRT1_2)) + x[i] * density);
  }
}

export function exp(out: Float32Array, x: Float32Array): void {
  for (let i = 0; i < x.length; i++) out[i] = Math.exp(x[i]);
}

export function expBackward(dx: Float32Array, dout: Float32Array, y: Float32Array): void {
  for (let i = 0; i < y.length; i++) dx[i] = dout[i] * y[i];
}

/** Abramowitz and Stegun 7.1.26: what JavaScript code commonly uses, JavaScript having no erf. Error 1.5e-7. */
function erf(x: number): number {
  const z = Math.abs(x);
  const t = 1 / (1 + 0.3275911 * z);
  const p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const y = 1 - p * Math.exp(-z * z);
  return x < 0 ? -y : y;
}
