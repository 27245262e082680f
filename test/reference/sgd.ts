/** One step of torch.optim.SGD in float64, as its documentation's algorithm reads; changes p and v, v absent at first. */
export function sgd(
  p: Float64Array,
  state: { v?: Float64Array },
  grad: ArrayLike<number>,
  { lr = NaN, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0, maximize = false },
): void {
  const g = p.map((value, i) => (maximize ? -grad[i] : grad[i]) + (weightDecay === 0 ? 0 : weightDecay * value));
  let step: Float64Array = g;
  if (momentum !== 0) {
    const { v } = state;
    state.v = v ? v.map((value, i) => momentum * value + (1 - dampening) * g[i]) : g.slice();
    step = nesterov ? g.map((value, i) => value + momentum * (state.v as Float64Array)[i]) : state.v;
  }
  for (let i = 0; i < p.length; i++) p[i] -= lr * step[i];
}
