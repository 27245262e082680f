/** Losses in float64, one element or sample at a time, by their definitions. */

/** l(x, t) and ∂l/∂x, written case by case. */
export const elementwise = {
  mse: {
    loss: (x: number, t: number) => (x - t) ** 2,
    slope: (x: number, t: number) => 2 * (x - t),
  },
  l1: {
    loss: (x: number, t: number) => Math.abs(x - t),
    slope: (x: number, t: number) => Math.sign(x - t),
  },
  huber: {
    loss: (x: number, t: number, delta: number) =>
      Math.abs(x - t) <= delta ? (x - t) ** 2 / 2 : delta * (Math.abs(x - t) - delta / 2),
    slope: (x: number, t: number, delta: number) => (Math.abs(x - t) <= delta ? x - t : delta * Math.sign(x - t)),
  },
  smoothL1: {
    loss: (x: number, t: number, beta: number) =>
      Math.abs(x - t) < beta ? (x - t) ** 2 / (2 * beta) : Math.abs(x - t) - beta / 2,
    slope: (x: number, t: number, beta: number) => (Math.abs(x - t) < beta ? (x - t) / beta : Math.sign(x - t)),
  },
  klDiv: {
    loss: (x: number, t: number) => (t === 0 ? 0 : t * Math.log(t)) - t * x,
    slope: (_x: number, t: number) => -t,
  },
  klDivLog: {
    loss: (x: number, t: number) => Math.exp(t) * (t - x),
    slope: (_x: number, t: number) => -Math.exp(t),
  },
} as const;

/** log(1 + eˣ). */
const softplus = (x: number) => (x > 0 ? x : 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** PyTorch's formula: (1 − t)·x + (1 + (p − 1)·t)·log(1 + e⁻ˣ). */
export const bceWithLogits = {
  loss: (x: number, t: number, p = 1) => (1 - t) * x + (1 + (p - 1) * t) * softplus(-x),
  slope: (x: number, t: number, p = 1) => 1 - t - (1 + (p - 1) * t) / (1 + Math.exp(x)),
};

export const bce = {
  loss: (x: number, t: number) => -(t * Math.max(Math.log(x), -100) + (1 - t) * Math.max(Math.log1p(-x), -100)),
  slope: (x: number, t: number) => (x - t) / Math.max(x * (1 - x), 1e-12),
};

export interface ClassLoss {
  /** One loss per sample. */
  losses: Float64Array;
  /** What a mean divides by. */
  divisor: number;
  /** ∂losses[i]/∂x: the gradient for an upstream gradient per sample. */
  gradient(dout: ArrayLike<number>): Float64Array;
}

/**
 * Cross entropy of logits [N, C, inner] as PyTorch's documentation states it, the smoothed loss in two terms:
 * (1 − ε)·w_t·(−log p_t) + ε/C·Σ_c w_c·(−log p_c); gradients by the softmax's Jacobian, term by term.
 */
export function crossEntropy(
  x: ArrayLike<number>,
  target: { labels: ArrayLike<number> } | { probabilities: ArrayLike<number> },
  C: number,
  inner: number,
  options: { weight?: ArrayLike<number>; smoothing?: number; ignoreIndex?: number } = {},
): ClassLoss {
  const { weight, smoothing = 0, ignoreIndex = -100 } = options;
  const samples = x.length / C;
  const losses = new Float64Array(samples);
  const q = new Float64Array(x.length);
  const logP = logSoftmax(x, C, inner);
  let divisor = 0;
  for (let i = 0; i < samples; i++) {
    if ('labels' in target) {
      const t = target.labels[i];
      if (t === ignoreIndex) continue;
      divisor += weight ? weight[t] : 1;
      q[place(i, t, C, inner)] += (1 - smoothing) * (weight ? weight[t] : 1);
      losses[i] += (1 - smoothing) * (weight ? weight[t] : 1) * -logP[place(i, t, C, inner)];
      if (smoothing === 0) continue;
    } else {
      divisor += 1;
    }
    for (let c = 0; c < C; c++) {
      const k = place(i, c, C, inner);
      const share = 'labels' in target ? smoothing / C : (1 - smoothing) * target.probabilities[k] + smoothing / C;
      q[k] += share * (weight ? weight[c] : 1);
      losses[i] += share * (weight ? weight[c] : 1) * -logP[k];
    }
  }
  const gradient = (dout: ArrayLike<number>) => {
    const dx = new Float64Array(x.length);
    for (let i = 0; i < samples; i++) {
      let total = 0;
      for (let c = 0; c < C; c++) total += q[place(i, c, C, inner)];
      for (let c = 0; c < C; c++) {
        const k = place(i, c, C, inner);
        // Σ_k −q_k·(δ_kc − p_c)
        dx[k] = dout[i] * (Math.exp(logP[k]) * total - q[k]);
      }
    }
    return dx;
  };
  return { losses, divisor, gradient };
}

/** Negative log-likelihood of log-probabilities [N, C, inner]. */
export function nll(
  x: ArrayLike<number>,
  labels: ArrayLike<number>,
  C: number,
  inner: number,
  { weight, ignoreIndex = -100 }: { weight?: ArrayLike<number>; ignoreIndex?: number } = {},
): ClassLoss {
  const losses = new Float64Array(labels.length);
  let divisor = 0;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === ignoreIndex) continue;
    losses[i] = -(weight ? weight[labels[i]] : 1) * x[place(i, labels[i], C, inner)];
    divisor += weight ? weight[labels[i]] : 1;
  }
  const gradient = (dout: ArrayLike<number>) => {
    const dx = new Float64Array(x.length);
    for (let i = 0; i < labels.length; i++) {
      if (labels[i] !== ignoreIndex) dx[place(i, labels[i], C, inner)] = -dout[i] * (weight ? weight[labels[i]] : 1);
    }
    return dx;
  };
  return { losses, divisor, gradient };
}

/** Class c of sample i in [N, C, inner]. */
const place = (i: number, c: number, C: number, inner: number) => (Math.floor(i / inner) * C + c) * inner + (i % inner);

function logSoftmax(x: ArrayLike<number>, C: number, inner: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < x.length / C; i++) {
    let max = -Infinity;
    for (let c = 0; c < C; c++) max = Math.max(max, x[place(i, c, C, inner)]);
    let sum = 0;
    for (let c = 0; c < C; c++) sum += Math.exp(x[place(i, c, C, inner)] - max);
    for (let c = 0; c < C; c++) out[place(i, c, C, inner)] = x[place(i, c, C, inner)] - max - Math.log(sum);
  }
  return out;
}
