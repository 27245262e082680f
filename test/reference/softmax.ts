/** Index of element c of every line along the middle axis of [outer, C, inner]. */
function lines(outer: number, C: number, inner: number): number[][] {
  const all: number[][] = [];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) all.push(Array.from({ length: C }, (_, c) => (o * C + c) * inner + i));
  }
  return all;
}

/** y = e^x/Σ e^x and log y, along the middle axis. */
export function softmax(x: ArrayLike<number>, outer: number, C: number, inner: number) {
  const y = new Float64Array(x.length);
  const logarithm = new Float64Array(x.length);
  for (const line of lines(outer, C, inner)) {
    const max = Math.max(...line.map((at) => x[at]));
    const sum = line.reduce((total, at) => total + Math.exp(x[at] - max), 0);
    for (const at of line) {
      y[at] = Math.exp(x[at] - max) / sum;
      logarithm[at] = x[at] - max - Math.log(sum);
    }
  }
  return { y, logarithm };
}

/** dx of both by the whole Jacobian: ∂yᵢ/∂xⱼ = yᵢ·([i = j] − yⱼ), ∂(log yᵢ)/∂xⱼ = [i = j] − yⱼ. */
export function softmaxGradients(dy: ArrayLike<number>, y: ArrayLike<number>, outer: number, C: number, inner: number) {
  const dx = new Float64Array(y.length);
  const dxOfLogarithm = new Float64Array(y.length);
  for (const line of lines(outer, C, inner)) {
    for (const j of line) {
      for (const i of line) {
        const jacobian = (i === j ? 1 : 0) - y[j];
        dx[j] += dy[i] * y[i] * jacobian;
        dxOfLogarithm[j] += dy[i] * jacobian;
      }
    }
  }
  return { dx, dxOfLogarithm };
}
