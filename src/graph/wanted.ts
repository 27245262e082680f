import type { GraphNode, Step } from './node.ts';

/** Which values' gradients some input or parameter wants. */
export class Wanted {
  /** All of them. */
  readonly all = new Set<GraphNode>();
  /** Those that a parameter wants. */
  readonly trained = new Set<GraphNode>();

  constructor(inputs: readonly GraphNode[], steps: readonly Step[]) {
    for (const input of inputs) if (input.dtype !== 'i32') this.all.add(input);
    for (const step of steps) this.mark(step);
  }

  /** For each input of a step, whether its gradient is to be computed. */
  of({ application, inputs }: Step): boolean[] {
    if (!application.backward && !application.view) return inputs.map(() => false);
    return inputs.map((input, i) => this.all.has(input) && !application.undifferentiable?.includes(i));
  }

  private mark(step: Step): void {
    const { application, inputs, outputs } = step;
    for (const input of inputs) {
      if (!input.parameter) continue;
      this.all.add(input);
      this.trained.add(input);
    }
    const asked = this.of(step);
    const trained = application.hasParameters || inputs.some((input, i) => asked[i] && this.trained.has(input));
    for (const output of outputs) {
      if (output.dtype === 'i32') continue;
      if (trained || asked.includes(true)) this.all.add(output);
      if (trained) this.trained.add(output);
    }
  }
}
