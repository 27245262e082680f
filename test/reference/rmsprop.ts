export interface RMSpropState {
  square: Float64Array;
  mean: Float64Array;
  velocity: Float64Array;
}

/** One step of torch.optim.RMSprop in float64; changes p and state. */
export function rmsprop(
  p: Float64Array,
  state: RMSpropState,
  grad: ArrayLike<number>,
  { lr = 1e-2, alpha = 0.99, eps = 1e-8, weightDecay = 0, momentum = 0, centered = false, maximize = false },
): void {
  for (let i = 0; i < p.length; i++) {
    const g = (maximize ? -grad[i] : grad[i]) + (weightDecay === 0 ? 0 : weightDecay * p[i]);
    state.square[i] = alpha * state.square[i] + (1 - alpha) * g * g;
    state.mean[i] = alpha * state.mean[i] + (1 - alpha) * g;
    const variance = centered ? state.square[i] - state.mean[i] ** 2 : state.square[i];
    const direction = g / (Math.sqrt(variance) + eps);
    state.velocity[i] = momentum * state.velocity[i] + direction;
    p[i] -= lr * (momentum > 0 ? state.velocity[i] : direction);
  }
}
