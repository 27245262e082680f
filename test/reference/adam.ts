export interface AdamState {
  t: number;
  m: Float64Array;
  v: Float64Array;
  vmax: Float64Array;
}

/**
 * One step of torch.optim.Adam, or AdamW where `decoupled`, in float64 with m̂ and v̂ written out; changes p and state.
 * AMSGrad divides the largest v, not the largest v̂, by the bias of the last one (PyTorch's choice).
 */
export function adam(
  p: Float64Array,
  state: AdamState,
  grad: ArrayLike<number>,
  {
    lr = 1e-3,
    betas: [beta1, beta2] = [0.9, 0.999],
    eps = 1e-8,
    weightDecay = 0,
    amsgrad = false,
    maximize = false,
    decoupled = false,
  },
): void {
  state.t++;
  for (let i = 0; i < p.length; i++) {
    let g = maximize ? -grad[i] : grad[i];
    if (decoupled) p[i] *= 1 - lr * weightDecay;
    else if (weightDecay !== 0) g += weightDecay * p[i];
    state.m[i] = beta1 * state.m[i] + (1 - beta1) * g;
    state.v[i] = beta2 * state.v[i] + (1 - beta2) * g * g;
    state.vmax[i] = Math.max(state.vmax[i], state.v[i]);
    const mhat = state.m[i] / (1 - Math.pow(beta1, state.t));
    const vhat = (amsgrad ? state.vmax[i] : state.v[i]) / (1 - Math.pow(beta2, state.t));
    p[i] -= (lr * mhat) / (Math.sqrt(vhat) + eps);
  }
}
