import { reject, show } from '../check.ts';
import { checkTensor, isTensorOf } from '../check-tensor.ts';
import type { Placement } from '../operation.ts';
import { Tensor } from '../tensor.ts';

/** What `backward` takes as dL/d(result): a tensor, or a number for a result of one element. */
export type UpstreamGradient = Tensor | number | undefined;

/** The upstream gradients of a program's results, as tensors. */
export class Upstream {
  /** Those of the last backward, if it has run since the last forward; undefined for a result that has none. */
  readonly tensors: (Tensor | undefined)[] = [];
  isTaken = false;
  /** Tensors made for numbers, by result. */
  private readonly filled: Tensor[] = [];
  private readonly on: Placement;

  constructor(on: Placement) {
    this.on = on;
  }

  /** Takes in what was given, one for each result. Nothing changes when it throws. */
  take(call: string, given: readonly UpstreamGradient[], results: readonly Tensor[]): readonly (Tensor | undefined)[] {
    if (given.length > 0 && given.length !== results.length) {
      const expected = `${results.length} upstream gradient${results.length > 1 ? 's' : ''}`;
      throw new TypeError(`${call}: expected ${expected}, got ${given.length}`);
    }
    const { core, dtype } = this.on;
    for (let k = 0; k < results.length; k++) {
      const { shape, size } = results[k];
      const argument = results.length > 1 ? `dy[${k}]` : 'dy';
      const dy = given[k] === undefined ? missing(given, results) : given[k];
      if (isTensorOf(dy as Tensor, core, dtype, shape)) continue;
      if (typeof dy !== 'number') checkTensor(call, argument, dy as Tensor, { core, dtype, shape });
      else if (given[k] !== undefined && size !== 1) reject(call, argument, show(shape), dy);
    }
    for (let k = 0; k < results.length; k++) {
      const dy = given[k] ?? (results.length > 1 ? undefined : 1);
      this.tensors[k] = typeof dy === 'number' ? this.constant(k, results[k], dy) : dy;
    }
    this.isTaken = true;
    return this.tensors;
  }

  dispose(): void {
    for (const tensor of this.filled) tensor?.dispose();
  }

  private constant(k: number, { shape, core }: Tensor, value: number): Tensor {
    this.filled[k] ??= Tensor.empty(core, shape, this.on.dtype);
    this.filled[k].data.fill(value);
    return this.filled[k];
  }
}

/** What stands for a gradient that was not given: 1 for the only result if it is a number, nothing (0) for one of several. */
function missing(given: readonly UpstreamGradient[], results: readonly Tensor[]): number | undefined {
  if (results.length > 1) return given.length > 0 ? 0 : undefined;
  return results[0].size === 1 ? 1 : undefined;
}
