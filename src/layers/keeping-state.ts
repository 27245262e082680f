import type { Core } from '../core/core.ts';
import type { Parameter } from '../parameter.ts';
import type { Tensor } from '../tensor.ts';

/** What a pass may change of a layer. */
interface Stateful {
  readonly core: Core;
  stateDict(): Record<string, Tensor>;
  parameters(): Parameter[];
}

/** Runs `action`, then puts everything back: parameters, gradients, running statistics, the random generator. */
export function keepingState<T>(layer: Stateful, action: () => T): T {
  const { random } = layer.core;
  const drawn = random.state;
  const state = Object.values(layer.stateDict()).map((tensor) => ({ tensor, values: tensor.toArray() }));
  const gradients = layer
    .parameters()
    .map((parameter) => ({ parameter, values: parameter.hasGrad ? parameter.grad.toArray() : undefined }));
  try {
    return action();
  } finally {
    random.state = drawn;
    for (const { tensor, values } of state) tensor.data.set(values);
    for (const { parameter, values } of gradients) {
      if (values) parameter.grad.data.set(values);
      else parameter.dropGrad();
    }
  }
}
