import { checkNumber, checkOptions } from '../check.ts';
import type { Application, TensorSpec } from '../operation.ts';
import { Layer, type LayerOptions } from './layer.ts';

/**
 * In training, sets each element to 0 with probability `p` and multiplies the others by 1/(1 − p), so that the
 * mean stays; in `eval()`, and for p = 0, hands its argument on as it is. The random numbers come from the core's
 * generator (`manualSeed`).
 *
 * x and y: any shape.
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends Layer {
  readonly p: number;

  constructor(p = 0.5, options: LayerOptions = {}) {
    checkOptions('new Dropout', options, ['dtype', 'core']);
    checkNumber('new Dropout', 'p', p, 0, 1);
    super('Dropout', options);
    this.p = p;
  }

  override prepare(_call: string, [x]: readonly TensorSpec[]): Application {
    const p = this.training ? this.p : 0;
    if (p === 0) return { outputs: [x], view: true };
    const { random } = this.core;
    const { dropout } = this.kernels;
    // Draws are a function of seed and index, so these two numbers are all that backward needs.
    let seed = 0;
    let drawn = 0;
    return {
      outputs: [x],
      inPlace: [0],
      inPlaceBackward: [0],
      forward: ({ inputs, outputs }) => {
        const { address, size } = outputs[0];
        seed = random.seed;
        drawn = random.take((size + 1) >> 1); // two elements a draw
        dropout(address, inputs[0].address, p, seed, drawn, 0, size);
      },
      backward: (_, gradients) => {
        const dx = gradients.inputs[0];
        const dout = gradients.outputs[0];
        if (dx && dout) dropout(dx.address, dout.address, p, seed, drawn, 0, dx.size);
      },
    };
  }
}
